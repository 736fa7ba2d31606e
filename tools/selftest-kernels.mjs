// Writes selftest/kernels/kvm.ts and xen.ts: node tools/selftest-kernels.mjs. Needs gcc, binutils and Xen's headers (libxen-dev); users of the package do not.
// The sources are those of the tests' guests (tests/guests/kernel, tests/guests/xen), which keep the rumprun contract without drivers.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { execa } from "execa";
import { buildTestKernels } from "../tests/guests/build.mjs";
import { buildXenTestKernel } from "../tests/guests/xen/build.mjs";

/** @typedef {"kvm" | "xen"} Platform */

/** @type {Record<Platform, () => Promise<string>>} */
const builders = { kvm: async () => (await buildTestKernels()).testKernel, xen: buildXenTestKernel };

/**
 * Return a digest of the sources and flags of a kernel: another version of the compiler may change its bytes.
 * @param {Platform} platform
 */
export async function sourceOf(platform) {
    return basename(dirname(await builders[platform]()));
}

/** @param {Platform} platform */
async function write(platform) {
    const work = await mkdtemp(join(tmpdir(), "selftest-kernel-"));
    const stripped = join(work, "kernel.elf");
    try {
        await execa("strip", ["--strip-all", "-o", stripped, await builders[platform]()]);
        const image = gzipSync(await readFile(stripped), { level: 9 }).toString("base64");
        const lines = image.match(/.{1,120}/g) ?? [];
        await writeFile(
            fileURLToPath(new URL(`../selftest/kernels/${platform}.ts`, import.meta.url)),
            [
                "// Written by tools/selftest-kernels.mjs.",
                "/** Names the sources from which the kernel was built. */",
                `export const SOURCE: string = "${await sourceOf(platform)}";`,
                "",
                "/** The kernel, stripped, as gzip and base64. */",
                `export const IMAGE: string =\n${lines.map((line) => `    "${line}"`).join(" +\n")};`,
                "",
            ].join("\n"),
        );
    } finally {
        await rm(work, { recursive: true, force: true });
    }
}

if (process.argv[1] === fileURLToPath(import.meta.url))
    for (const platform of /** @type {const} */ (["kvm", "xen"])) await write(platform);
