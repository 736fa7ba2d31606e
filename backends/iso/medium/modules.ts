import { access } from "node:fs/promises";
import { join } from "node:path";
import { UnikernelError, type Firmware } from "../../../spec";
import type { MediumContents } from "./contents";

/** GRUB's name of a target, and what it needs there beyond what every target needs. */
export interface Target { folder: string; format: string; package: string; modules: string[] }

export const targets: Record<Firmware, Target> = {
    bios: { folder: "i386-pc", format: "i386-pc-eltorito", package: "grub-pc-bin", modules: ["biosdisk"] },
    // A screen under UEFI is a frame buffer, which the kernel is told of by the loader.
    uefi: { folder: "x86_64-efi", format: "x86_64-efi", package: "grub-efi-amd64-bin", modules: ["efi_gop", "efi_uga"] },
};

/** Where distributions keep GRUB's modules: Debian, Fedora and Arch; SUSE; NixOS. */
const ROOTS = ["/usr/lib/grub", "/usr/lib/grub2", "/usr/share/grub2", "/run/current-system/sw/lib/grub"];

/** The modules that are used, and no other: each costs space and time. What they need themselves grub-mkimage adds. */
export function modulesFor(firmware: Firmware, { protocol, console }: Pick<MediumContents, "protocol" | "console">): string[] {
    const serial = console.includes("serial") ? ["serial", "terminal"] : [];
    return [...targets[firmware].modules, "iso9660", "search_fs_file", "normal", "echo", "boot", protocol, ...serial];
}

/** The folder of a target's modules. @throws UnikernelError `program-missing` */
export async function moduleFolder(firmware: Firmware, roots = ROOTS): Promise<string> {
    const target = targets[firmware];
    for (const root of roots) {
        const folder = join(root, target.folder);
        if (await access(join(folder, "moddep.lst")).then(() => true, () => false)) return folder;
    }
    throw new UnikernelError("program-missing", `GRUB's modules for ${firmware === "bios" ? "BIOS" : "UEFI"} (${target.folder}) were not found in ${roots.join(", ")}`, {
        hint: `install the package that has them: apt-get install ${target.package}`,
    });
}
