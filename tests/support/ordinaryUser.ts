import { chown, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LibvirtHost } from "./libvirtHost";
import { capture } from "./processes";

/** Debian's nobody: neither root nor in the groups libvirt and kvm. */
export const UNPRIVILEGED = 65534;

/** Make a user's home, and return the environment with which `qemu:///session` starts a daemon there. */
export async function sessionHome(home: string, uid: number): Promise<{ HOME: string; XDG_RUNTIME_DIR: string }> {
    const run = join(home, "run");
    for (const folder of [home, run]) {
        await mkdir(folder, { mode: 0o700 });
        await chown(folder, uid, uid);
    }
    return { HOME: home, XDG_RUNTIME_DIR: run };
}

/**
 * The checkout and Node may lie below a home that is closed to others, so both are mounted elsewhere too. The daemons of
 * the machine itself are hidden: libvirt would find them at its usual place.
 */
const MOUNT =
    '{ [ ! -d /run/libvirt ] || mount -t tmpfs none /run/libvirt; } && mount --bind "$1" "$2" && mount --bind "$3" "$4" && shift 4 && exec "$@"';

/** Return the path at which a user of `asUser` sees the repository. */
export function repositorySeen(machine: LibvirtHost): string {
    return join(machine.folder, "repository");
}

/**
 * Run Node as a user without groups, in the host's network. Its environment is PATH and `environment`.
 * @returns the JSON document that it prints. Throws with its standard error where it prints none
 */
export async function asUser(
    machine: LibvirtHost,
    uid: number,
    words: string[],
    environment: Record<string, string>,
): Promise<unknown> {
    const [repository, node] = [repositorySeen(machine), join(machine.folder, "node")];
    await mkdir(repository, { recursive: true });
    await writeFile(node, "");
    const [file, ...args] = [
        ...machine.enter,
        ...["unshare", "--mount", "--propagation", "private"],
        ...["sh", "-c", MOUNT, "sh", process.cwd(), repository, process.execPath, node],
        ...["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"],
        ...["env", "-i", `PATH=${process.env.PATH}`],
        ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
        ...[node, ...words],
    ];
    const { stdout, stderr } = await capture(file!, args, { cwd: "/" });
    if (!stdout) throw new Error(stderr);
    return JSON.parse(stdout);
}
