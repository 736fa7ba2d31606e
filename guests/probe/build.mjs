// Assembles probe.S and writes image.ts: node guests/probe/build.mjs. Needs gcc and binutils; package users do not.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";

const source = fileURLToPath(new URL("probe.S", import.meta.url));
const target = fileURLToPath(new URL("image.ts", import.meta.url));

/** Assemble probe.S with gcc and binutils. */
export async function assemble() {
    const work = await mkdtemp(join(tmpdir(), "probe-"));
    const file = join(work, "probe.elf");
    try {
        // -N: without page alignment the multiboot header is in the file's first 8192 bytes, and the file is small.
        await execa("gcc", [
            "-m32",
            "-nostdlib",
            "-static",
            "-no-pie",
            "-Wl,-N,-s,--build-id=none,-Ttext=0x100000",
            "-o",
            file,
            source,
        ]);
        await execa("strip", ["--strip-all", "--remove-section=.note.gnu.property", file]);
        return await readFile(file);
    } finally {
        await rm(work, { recursive: true, force: true });
    }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const lines = (await assemble()).toString("base64").match(/.{1,120}/g) ?? [];
    await writeFile(
        target,
        [
            "/** probe.S, assembled by build.mjs, in base64. */",
            `export const PROBE_IMAGE =\n${lines.map((line) => `    "${line}"`).join(" +\n")};`,
            "",
        ].join("\n"),
    );
}
