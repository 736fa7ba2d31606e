import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Firmware, UnikernelError } from "../../../model";
import type { MediumContents } from "./contents";

/** GRUB's name of a target, and the modules that it needs beyond those of every target. */
export interface Target {
    folder: string;
    format: string;
    package: string;
    modules: string[];
}

export const targets: Record<Firmware, Target> = {
    bios: { folder: "i386-pc", format: "i386-pc-eltorito", package: "grub-pc-bin", modules: ["biosdisk"] },
    // Under UEFI the screen is a frame buffer, which the loader passes to the kernel.
    uefi: {
        folder: "x86_64-efi",
        format: "x86_64-efi",
        package: "grub-efi-amd64-bin",
        modules: ["efi_gop", "efi_uga"],
    },
};

/** The folders of GRUB's modules by distribution: Debian, Fedora and Arch; SUSE; NixOS. */
const ROOTS = ["/usr/lib/grub", "/usr/lib/grub2", "/usr/share/grub2", "/run/current-system/sw/lib/grub"];

/** Return the modules that find and read the medium. */
export function coreModules(firmware: Firmware): string[] {
    return [...targets[firmware].modules, "iso9660", "search_fs_file"];
}

/** Return the modules that the script on the medium uses. Only those: each module costs space and time. */
export function scriptModules({ protocol, console }: Pick<MediumContents, "protocol" | "console">): string[] {
    return ["normal", "echo", "boot", protocol, ...(console.includes("serial") ? ["serial", "terminal"] : [])];
}

/** Return modules with all their dependencies, by the target's list (lines of `NAME: NEEDED NEEDED`); sorted. */
export async function withNeeded(folder: string, names: string[]): Promise<string[]> {
    const lines = (await readFile(join(folder, "moddep.lst"), "utf8"))
        .split("\n")
        .map((line) => line.split(/[: ]+/).filter(Boolean));
    const needs = new Map(lines.map(([name = "", ...needed]) => [name, needed]));
    const all = new Set<string>();
    const left = [...names];
    for (let name = left.pop(); name !== undefined; name = left.pop()) {
        if (all.has(name)) continue;
        all.add(name);
        for (const needed of needs.get(name) ?? []) left.push(needed);
    }
    return [...all].sort();
}

/** Return the folder of a target's modules. @throws UnikernelError `program-missing` */
export async function moduleFolder(firmware: Firmware, roots = ROOTS): Promise<string> {
    const target = targets[firmware];
    for (const root of roots) {
        const folder = join(root, target.folder);
        if (
            await access(join(folder, "moddep.lst")).then(
                () => true,
                () => false,
            )
        )
            return folder;
    }
    throw new UnikernelError(
        "program-missing",
        `GRUB's modules for ${firmware === "bios" ? "BIOS" : "UEFI"} (${target.folder}) were not found in ${roots.join(", ")}`,
        {
            hint: `install the package that has them: apt-get install ${target.package}`,
        },
    );
}
