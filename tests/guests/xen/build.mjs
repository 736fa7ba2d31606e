// Builds the PV test kernel with the system's gcc and Xen's headers (libxen-dev) into .cache/test-kernels/.
import { createHash } from "node:crypto";
import { access, chmod, mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { execa } from "execa";

const sources = fileURLToPath(new URL("./", import.meta.url));
const cache = fileURLToPath(new URL("../../../.cache/test-kernels/", import.meta.url));

/** What the other test kernels are made of too. */
const shared = ["config.h", "config.c", "words.c", "console.c"].map((name) => join("../kernel", name));

const flags = [
    "-m64", "-mno-red-zone", "-ffreestanding", "-nostdlib", "-static", "-fno-pie", "-no-pie", "-Os", "-Wall", "-Wextra", "-Werror",
    "-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-fcf-protection=none", "-mgeneral-regs-only", "-fno-tree-loop-distribute-patterns",
    "-include", "machine.h", "-T", "kernel.ld", "-Wl,--build-id=none", "-Wl,-z,max-page-size=0x1000", "-Wl,-z,noexecstack", "-Wl,--no-warn-rwx-segments",
];

/**
 * @returns {Promise<string>} absolute path of a 64-bit PV kernel with rumprun's marks for Xen; what it does: main.c
 * @throws where gcc or Xen's headers are missing
 */
export async function buildXenTestKernel() {
    const own = (await readdir(sources)).filter((name) => /\.([chS]|ld)$/.test(name)).sort();
    const hash = createHash("sha256").update(JSON.stringify(flags));
    for (const file of [...own, ...shared]) hash.update(file).update("\0").update(await readFile(join(sources, file)));
    const folder = join(cache, `xen-${hash.digest("hex").slice(0, 16)}`);
    const kernel = join(folder, "xenTestKernel.elf");
    if (await exists(kernel)) return kernel;

    await mkdir(cache, { recursive: true });
    const work = await mkdtemp(join(cache, "build-"));
    try {
        const code = [...own, ...shared].filter((file) => /\.[cS]$/.test(file));
        await execa("gcc", [...flags, "-o", join(work, "xenTestKernel.elf"), ...code], { cwd: sources });
        await chmod(work, 0o755); // mkdtemp keeps others out; a guest may run as another user
        // Test workers may build at the same time: the first to rename wins, the others have the same bytes.
        await rename(work, folder).catch(async (error) => {
            if (!(await exists(kernel))) throw error;
        });
    } finally {
        await rm(work, { recursive: true, force: true });
    }
    return kernel;
}

const exists = (path) => access(path).then(() => true, () => false);
