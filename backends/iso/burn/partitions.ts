/**
 * Ask the kernel to reread the partition table (BLKRRPART), with blockdev of util-linux because Node has no ioctl.
 * udev does the same where it runs, and the burn has succeeded already: so failures are ignored.
 */
export async function rereadPartitions(node: string): Promise<void> {
    const { execa } = await import("execa");
    await execa("blockdev", ["--rereadpt", node], {
        env: { ...process.env, PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin`, LC_ALL: "C" },
        stdin: "ignore",
        stdout: "ignore",
        stderr: "ignore",
        reject: false,
        timeout: 20_000,
    });
}
