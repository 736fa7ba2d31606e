import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

/** Bytes a second. */
export interface Speed {
    write: number;
    read: number;
}

/** A control group whose processes reach a block device no faster than a speed. */
export interface SpeedLimit {
    /** A process joins by its pid in this file. */
    procs: string;
    remove(): void;
}

/**
 * Create a control group that limits the speed of its processes on a block device; return undefined where the kernel has
 * no controller for it. Files by the kernel's Documentation/admin-guide/cgroup-v1/blkio-controller.rst and
 * cgroup-v2.rst, "IO Interface Files".
 * @param node of the device, as `/dev/loop0`
 */
export function limitSpeed(node: string, { write, read }: Speed, root = "/"): SpeedLimit | undefined {
    const groups = join(root, "sys/fs/cgroup");
    const number = textOf(join(root, "sys/block", basename(node), "dev"));
    const name = `pulumi-unikernel-bench-${process.pid}`;
    if (existsSync(join(groups, "blkio/blkio.throttle.write_bps_device")))
        return group(join(groups, "blkio", name), {
            "blkio.throttle.write_bps_device": `${number} ${write}`,
            "blkio.throttle.read_bps_device": `${number} ${read}`,
        });
    if (!textOf(join(groups, "cgroup.controllers")).split(" ").includes("io")) return undefined;
    writeFileSync(join(groups, "cgroup.subtree_control"), "+io");
    return group(join(groups, name), { "io.max": `${number} rbps=${read} wbps=${write}` });
}

function group(folder: string, limits: Record<string, string>): SpeedLimit {
    mkdirSync(folder);
    for (const [file, text] of Object.entries(limits)) writeFileSync(join(folder, file), text);
    return { procs: join(folder, "cgroup.procs"), remove: () => rmdirSync(folder) };
}

function textOf(file: string): string {
    return existsSync(file) ? readFileSync(file, "utf8").trim() : "";
}
