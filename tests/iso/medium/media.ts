import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { MediumPlanOptions } from "../../support/mediumPlans";

/** A Linux-like declaration with files of random bytes in `folder`, as JSON can hold it. */
export async function plantMedium(
    folder: string,
    sizes: { kernel?: number; initrd?: number; data?: number } = {},
): Promise<MediumPlanOptions> {
    await mkdir(folder, { recursive: true });
    const at = async (name: string, size: number): Promise<string> => {
        await writeFile(join(folder, name), randomBytes(size));
        return join(folder, name);
    };
    return {
        kernel: await at("vmlinuz", sizes.kernel ?? 100_000),
        initrd: [{ file: await at("initrd", sizes.initrd ?? 100_001) }],
        blocks: [await at("data.iso", sizes.data ?? 100_000)],
        cmdline: "console=ttyS0",
        medium: { protocol: "linux", blocks: [{ where: "memory", path: "/unikernel/images/0" }] },
    };
}

/** A process that bakes, and that a test can kill: `bakeChild.ts`. */
export function bakeChild(args: string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    return spawn(
        process.execPath,
        ["-r", resolve(__dirname, "../../support/typescript.cjs"), join(__dirname, "bakeChild.ts"), ...args],
        { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ...env } },
    );
}
