import { mkdir, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type RunOptions, run } from "../../../localFiles";
import { type Firmware, hasCode } from "../../../model";
import type { MediumContents, Placed } from "./contents";
import { earlyConfig } from "./grubConfig";
import { coreModules, moduleFolder, scriptModules, targets, withNeeded } from "./modules";

export interface Loaders {
    bios?: {
        /** The image that a BIOS loads from a CD. */
        image: string;
        /** The boot sector that finds the image on a stick or disk. */
        bootSector: string;
        /** Modules that lie on the medium beside the image. */
        modules: Placed[];
    };
    /** A FAT file system with the UEFI loader in it. */
    uefi?: string;
}

interface Making {
    contents: MediumContents;
    staging: string;
    options: RunOptions;
}

/**
 * Build the boot loaders of a medium in `staging`.
 * @param clock seconds since 1970, for the times in the FAT file system
 */
export async function makeLoaders(
    contents: MediumContents,
    staging: string,
    clock: number,
    options: RunOptions,
): Promise<Loaders> {
    const making = { contents, staging, options };
    const wanted = (firmware: Firmware): boolean => contents.firmware.includes(firmware);
    const [bios, uefi] = await Promise.all([
        wanted("bios") ? makeBios(making) : undefined,
        wanted("uefi") ? makeUefi(making, clock) : undefined,
    ]);
    return { bios, uefi };
}

/** The image, whose compression takes time, has only the modules that read the medium; the others lie on the medium. */
async function makeBios(making: Making): Promise<Loaders["bios"]> {
    const folder = await moduleFolder("bios");
    const image = join(making.staging, "bios.img");
    const [core, script] = [coreModules("bios"), scriptModules(making.contents)];
    await makeImage("bios", making, folder, core, script, image);
    const built = new Set(await withNeeded(folder, core));
    const others = (await withNeeded(folder, script)).filter((name) => !built.has(name));
    const modules = others.map((name) => ({
        path: `/boot/grub/${targets.bios.folder}/${name}.mod`,
        source: join(folder, `${name}.mod`),
    }));
    return { image, bootSector: join(folder, "boot_hybrid.img"), modules };
}

/** Sizes of floppy disks in KiB: formats that all firmware supports. */
const FLOPPIES = [1440, 2880];
/** Bytes of that for the FAT and its folders, with some room. */
const TAKEN = 32 * 1024;

/**
 * Build the UEFI loader as one file with all modules: UEFI reliably finds only that file, and loads it without
 * unpacking.
 */
async function makeUefi(making: Making, clock: number): Promise<string> {
    const { staging, options } = making;
    const [folder, tree, fat] = [await moduleFolder("uefi"), join(staging, "EFI"), join(staging, "uefi.img")];
    // The path that UEFI looks for on a removable medium (UEFI Specification 2.10, 3.5.1.1).
    const loader = join(tree, "BOOT", "BOOTX64.EFI");
    await mkdir(dirname(loader), { recursive: true });
    const format = (kibibytes: number): Promise<unknown> =>
        run(
            "mformat",
            ["-C", "-i", fat, "-f", String(kibibytes), "-N", making.contents.id.slice(0, 8), "-v", "UNIKERNEL", "::"],
            options,
        );
    const [small, large] = FLOPPIES as [number, number];
    const modules = [...coreModules("uefi"), ...scriptModules(making.contents)];
    // Meanwhile format with the size that nearly always suffices.
    await Promise.all([makeImage("uefi", making, folder, modules, [], loader), format(small)]);
    if ((await stat(loader)).size > small * 1024 - TAKEN) await format(large);
    for (const path of [loader, dirname(loader), tree]) await utimes(path, clock, clock);
    await run("mcopy", ["-s", "-m", "-i", fat, tree, "::/"], options);
    return fat;
}

async function makeImage(
    firmware: Firmware,
    { contents, staging, options }: Making,
    folder: string,
    modules: string[],
    later: string[],
    to: string,
): Promise<void> {
    const early = join(staging, `${firmware}.cfg`);
    await writeFile(early, earlyConfig(contents.id, later));
    const args = ["-d", folder, "-O", targets[firmware].format, "-p", "/boot/grub", "-c", early, "-o", to, ...modules];
    await run("grub-mkimage", args, options).catch(async (error: unknown) => {
        if (!hasCode(error, "program-missing")) throw error;
        // Its name on Fedora and SUSE. If that is missing too, the error names the first.
        await run("grub2-mkimage", args, options).catch((other: unknown) => {
            throw hasCode(other, "program-missing") ? error : other;
        });
    });
}
