import { execFile } from "node:child_process";
import { promisify } from "node:util";

/**
 * Ask the kernel to reread the partition table (BLKRRPART), with blockdev of util-linux because Node has no ioctl.
 * udev does the same where it runs, and the burn has succeeded already: so failures are ignored.
 */
export async function rereadPartitions(node: string): Promise<void> {
    const env = { ...process.env, PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin`, LC_ALL: "C" };
    await promisify(execFile)("blockdev", ["--rereadpt", node], { env, timeout: 20_000 }).catch(() => undefined);
}
