import { mkdir, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { run, type RunOptions } from "../../../images";
import { hasCode, type Firmware } from "../../../spec";
import type { MediumContents } from "./contents";
import { earlyConfig } from "./grubConfig";
import { moduleFolder, modulesFor, targets } from "./modules";

export interface Loaders {
    /** The image that a BIOS loads from a CD, and the boot sector by which it finds it on a stick or disk. */
    bios?: { image: string; bootSector: string };
    /** A FAT file system with the UEFI loader in it. */
    uefi?: string;
}

/** Makes the boot loaders of a medium in `staging`. @param clock seconds since 1970, for the times in the FAT file system */
export async function makeLoaders(contents: MediumContents, staging: string, clock: number, options: RunOptions): Promise<Loaders> {
    const early = join(staging, "early.cfg");
    await writeFile(early, earlyConfig(contents.id));
    const wanted = (firmware: Firmware): boolean => contents.firmware.includes(firmware);
    const [bios, uefi] = await Promise.all([
        wanted("bios") ? makeBios(contents, early, staging, options) : undefined,
        wanted("uefi") ? makeUefi(contents, early, staging, clock, options) : undefined,
    ]);
    return { bios, uefi };
}

async function makeBios(contents: MediumContents, early: string, staging: string, options: RunOptions): Promise<Loaders["bios"]> {
    const folder = await moduleFolder("bios");
    const image = join(staging, "bios.img");
    await makeImage("bios", folder, contents, early, image, options);
    return { image, bootSector: join(folder, "boot_hybrid.img") };
}

/** Sizes of floppy disks in KiB: formats that firmware knows from of old. */
const FLOPPIES = [1440, 2880];
const ROOM = 32 * 1024;

async function makeUefi(contents: MediumContents, early: string, staging: string, clock: number, options: RunOptions): Promise<string> {
    const [folder, tree, fat] = [await moduleFolder("uefi"), join(staging, "EFI"), join(staging, "uefi.img")];
    // The path that UEFI looks for on a removable medium (UEFI Specification 2.10, 3.5.1.1).
    const loader = join(tree, "BOOT", "BOOTX64.EFI");
    await mkdir(dirname(loader), { recursive: true });
    await makeImage("uefi", folder, contents, early, loader, options);
    const { size } = await stat(loader);
    const floppy = FLOPPIES.find((kibibytes) => size + ROOM < kibibytes * 1024) ?? Math.ceil((size * 1.05 + ROOM) / 1024);
    for (const path of [loader, dirname(loader), tree]) await utimes(path, clock, clock);
    const geometry = FLOPPIES.includes(floppy) ? ["-f", String(floppy)] : ["-T", String(floppy * 2), "-h", "64", "-s", "32"];
    await run("mformat", ["-C", "-i", fat, ...geometry, "-N", contents.id.slice(0, 8), "-v", "UNIKERNEL", "::"], options);
    await run("mcopy", ["-s", "-m", "-i", fat, tree, "::/"], options);
    return fat;
}

async function makeImage(firmware: Firmware, folder: string, contents: MediumContents, early: string, to: string, options: RunOptions): Promise<void> {
    const args = ["-d", folder, "-O", targets[firmware].format, "-p", "/boot/grub", "-c", early, "-o", to, ...modulesFor(firmware, contents)];
    await run("grub-mkimage", args, options).catch(async (error: unknown) => {
        if (!hasCode(error, "program-missing")) throw error;
        // Its name on Fedora and SUSE. Where it is missing too, the first name is the one to tell.
        await run("grub2-mkimage", args, options).catch((other: unknown) => { throw hasCode(other, "program-missing") ? error : other; });
    });
}
