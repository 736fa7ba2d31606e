import { UnikernelError } from "../../../model";
import type { MediumContents } from "./contents";
import type { Measured } from "./place";

const MIB = 2 ** 20;
/**
 * GRUB puts kernel and initramfs below 896 MiB (GRUB_LINUX_INITRD_MAX_ADDRESS, include/grub/i386/linux.h), with the
 * kernel and the space to unpack itself from 16 MiB on. This size always fits between (GRUB 2.06: 760 loads, 880 does
 * not).
 */
const LOADED = 768 * MIB;
/** A larger file has several extents in ISO 9660, which the BSD cd9660 driver does not support. */
const EXTENT = 4096 * MIB - 2048;

/** Refuse files that are too large for a boot loader or for a guest's file system. @throws UnikernelError `invalid` */
export function refuseTooLarge(
    { protocol }: Pick<MediumContents, "protocol">,
    files: Pick<Measured, "file" | "size">[],
): void {
    const long = files.find(({ size }) => size > EXTENT);
    if (long)
        throw tooLarge(
            long,
            `${mebibytes(long.size)} MiB: a file on a medium has to be smaller than 4 GiB, or guests would not read it whole`,
        );
    const loaded = files.filter(({ file }) => file.loaded);
    const total = loaded.reduce((sum, { size }) => sum + size, 0);
    const largest = loaded.reduce((most, one) => (one.size > most.size ? one : most), loaded[0]!);
    if (total > LOADED) {
        throw tooLarge(
            largest,
            `${mebibytes(total)} MiB would have to be loaded before the ${protocol === "linux" ? "kernel" : "guest"} runs, ${mebibytes(largest.size)} of them ${largest.file.path}: a boot loader has room for ${mebibytes(LOADED)}`,
        );
    }
}

function tooLarge({ file: { property } }: Pick<Measured, "file">, reason: string): UnikernelError {
    return new UnikernelError("invalid", reason, {
        property,
        hint: "leave out data that the guest can fetch when it runs, or compress it",
    });
}

const mebibytes = (bytes: number): number => Math.ceil(bytes / MIB);
