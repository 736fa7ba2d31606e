// Builds the test kernels with the system's gcc into .cache/test-kernels/, once for each state of their sources.
import { createHash } from "node:crypto";
import { access, chmod, mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";

const sources = fileURLToPath(new URL("kernel/", import.meta.url));
const cache = fileURLToPath(new URL("../../.cache/test-kernels/", import.meta.url));

const flags = [
    "-m32",
    "-march=i686",
    "-ffreestanding",
    "-nostdlib",
    "-static",
    "-fno-pie",
    "-no-pie",
    "-Os",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-fno-stack-protector",
    "-fno-asynchronous-unwind-tables",
    "-fcf-protection=none",
    "-mgeneral-regs-only",
    "-fno-tree-loop-distribute-patterns",
    "-Wl,--build-id=none",
    "-Wl,-z,max-page-size=0x1000",
    "-Wl,-z,noexecstack",
    "-Wl,--no-warn-rwx-segments",
];

/**
 * Name of each kernel and the flags that differ from those of the first.
 * @type {Record<"testKernel" | "rawKernel" | "xenKernel", string[]>}
 */
const variants = {
    testKernel: [],
    rawKernel: ["-DVARIANT_RAW"],
    xenKernel: ["-DVARIANT_XEN"],
};

/**
 * @returns {Promise<{ testKernel: string, rawKernel: string, xenKernel: string }>} absolute paths.
 * testKernel: rumprun's marks for hardware. rawKernel: none; takes NAME=VALUE words from its command line.
 * xenKernel: the marks of a rumprun for Xen (for recognition only: it still starts by multiboot).
 */
export async function buildTestKernels() {
    const files = (await readdir(sources)).sort();
    const hash = createHash("sha256").update(JSON.stringify([flags, variants]));
    for (const file of files)
        hash.update(file)
            .update("\0")
            .update(await readFile(join(sources, file)));
    const folder = join(cache, hash.digest("hex").slice(0, 16));
    const paths = {
        testKernel: join(folder, "testKernel.elf"),
        rawKernel: join(folder, "rawKernel.elf"),
        xenKernel: join(folder, "xenKernel.elf"),
    };
    if (await exists(folder)) return paths;

    await mkdir(cache, { recursive: true });
    const work = await mkdtemp(join(cache, "build-"));
    try {
        const code = files.filter((file) => /\.[cS]$/.test(file));
        for (const [name, defines] of Object.entries(variants)) {
            await execa("gcc", [...flags, ...defines, "-T", "kernel.ld", "-o", join(work, `${name}.elf`), ...code], {
                cwd: sources,
            });
        }
        // Test workers may build at the same time: the first to rename wins, the others have the same bytes.
        await chmod(work, 0o755); // mkdtemp keeps others out; a guest may run as another user
        await rename(work, folder).catch(async (error) => {
            if (!(await exists(folder))) throw error;
        });
    } finally {
        await rm(work, { recursive: true, force: true });
    }
    return paths;
}

/**
 * Build the kernel of another folder, with the machine of the test kernels.
 * @param {"talker" | "unikraft" | "solo5"} name folder of its main.c
 * @param {string} path where it is written
 */
export async function buildGuest(name, path) {
    const machine = (await readdir(sources)).filter((file) => ["boot.S", "console.c", "power.c"].includes(file));
    const main = fileURLToPath(new URL(`${name}/main.c`, import.meta.url));
    await execa("gcc", [...flags, "-I", sources, "-T", "kernel.ld", "-o", path, main, ...machine], { cwd: sources });
}

/** @param {string} path */
const exists = (path) =>
    access(path).then(
        () => true,
        () => false,
    );
