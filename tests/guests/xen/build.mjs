// Builds the test kernels for Xen with the system's gcc and Xen's headers (libxen-dev) into .cache/test-kernels/.
import { createHash } from "node:crypto";
import { access, chmod, mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";

const cache = fileURLToPath(new URL("../../../.cache/test-kernels/", import.meta.url));

const common = [
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
    "-T",
    "kernel.ld",
    "-Wl,--build-id=none",
    "-Wl,-z,max-page-size=0x1000",
    "-Wl,-z,noexecstack",
    "-Wl,--no-warn-rwx-segments",
];

/**
 * Sources of their own, and those that they share with the other test kernels.
 * @typedef {{ sources: string, shared: string[], flags: string[] }} Kernel
 */
const kernels = {
    pv: {
        sources: "./",
        shared: ["config.h", "config.c", "words.c", "console.c"],
        flags: ["-m64", "-mno-red-zone", "-include", "machine.h"],
    },
    // Xen's headers need the interface version, or structures take an old layout.
    pvh: {
        sources: "../pvh/",
        shared: ["console.c"],
        flags: ["-m32", "-march=i686", "-D__XEN_INTERFACE_VERSION__=0x00040d00", "-include", "../xen/machine.h"],
    },
};

/**
 * @returns {Promise<string>} absolute path of a 64-bit PV kernel with rumprun's marks for Xen; what it does: main.c
 * @throws where gcc or Xen's headers are missing
 */
export const buildXenTestKernel = () => build("xen", "xenTestKernel.elf", kernels.pv);

/** @returns {Promise<string>} absolute path of a kernel that is PVH and nothing else; what it does: ../pvh/main.c */
export const buildPvhTestKernel = () => build("pvh", "pvhTestKernel.elf", kernels.pvh);

/**
 * @param {string} prefix
 * @param {string} name
 * @param {Kernel} kernel
 */
async function build(prefix, name, kernel) {
    const sources = fileURLToPath(new URL(kernel.sources, import.meta.url));
    const shared = kernel.shared.map((file) => join("../kernel", file));
    const flags = [...common, ...kernel.flags];
    const own = (await readdir(sources)).filter((file) => /\.([chS]|ld)$/.test(file)).sort();
    const hash = createHash("sha256").update(JSON.stringify(flags));
    for (const file of [...own, ...shared, "../xen/machine.h"])
        hash.update(file)
            .update("\0")
            .update(await readFile(join(sources, file)));
    const folder = join(cache, `${prefix}-${hash.digest("hex").slice(0, 16)}`);
    const built = join(folder, name);
    if (await exists(built)) return built;

    await mkdir(cache, { recursive: true });
    const work = await mkdtemp(join(cache, "build-"));
    try {
        const code = [...own, ...shared].filter((file) => /\.[cS]$/.test(file));
        await execa("gcc", [...flags, "-o", join(work, name), ...code], { cwd: sources });
        await chmod(work, 0o755); // mkdtemp keeps others out; a guest may run as another user
        // Test workers may build at the same time: the first to rename wins, the others have the same bytes.
        await rename(work, folder).catch(async (error) => {
            if (!(await exists(built))) throw error;
        });
    } finally {
        await rm(work, { recursive: true, force: true });
    }
    return built;
}

/** @param {string} path */
const exists = (path) =>
    access(path).then(
        () => true,
        () => false,
    );
