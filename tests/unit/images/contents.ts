import { execFileSync } from "node:child_process";
import { lstat, mkdir, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";

/** Unpacks an image into a folder, for a look at what it holds. */
export async function unpack(image: string, format: string, into: string): Promise<string> {
    await mkdir(into, { recursive: true });
    if (format === "iso9660") quietly("xorriso", ["-no_rc", "-osirrox", "on", "-indev", image, "-extract", "/", into]);
    else quietly("debugfs", ["-R", `rdump / "${into}"`, image]);
    return into;
}

/** Every path of a folder with what it is: text, `-> target`, or `folder`; executable files begin with `x `. */
export async function listing(folder: string): Promise<Record<string, string>> {
    const found: [string, string][] = [];
    for (const name of await readdir(folder, { recursive: true })) {
        const file = join(folder, name);
        const stats = await lstat(file);
        if (stats.isDirectory()) found.push([name, "folder"]);
        else if (stats.isSymbolicLink()) found.push([name, `-> ${await readlink(file)}`]);
        else found.push([name, `${stats.mode & 0o100 ? "x " : ""}${await readFile(file, "utf8")}`]);
    }
    return Object.fromEntries(found.filter(([name]) => name !== "lost+found").sort());
}

/** What a checker of the format says; throws when it finds anything wrong. */
export function verify(image: string, format: string): void {
    if (format.startsWith("ext")) quietly("e2fsck", ["-f", "-n", image]);
    if (format === "qcow2") quietly("qemu-img", ["check", image]);
}

function quietly(program: string, args: string[]): void {
    execFileSync(program, args, {
        stdio: "pipe",
        env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
    });
}
