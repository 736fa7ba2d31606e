/**
 * Asks the kernel to look at the partition table anew (BLKRRPART), by blockdev of util-linux since Node has no ioctl.
 * udev does the same where it runs, and the burn is done already: so a failure says nothing.
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
