import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { XenHost } from "../tests/support/xenHost";
import { child } from "./child";

/** libvirt procedures by number, and the purposes of scripts, both in the order of the calls. */
interface Asked {
    libvirt: number[];
    scripts: string[];
}

/**
 * Count the calls to a host by xen+ssh for the create of one guest, when another has copied the kernel and opened the
 * connections.
 */
export async function roundTrips(
    folder: string,
    host: XenHost,
    kernel: string,
): Promise<{ first: Asked; create: Asked }> {
    const [log, ssh] = [join(folder, "calls"), join(folder, "ssh")];
    await writeFile(log, "");
    const counter = [process.execPath, join(__dirname, "programs/count-calls.js"), log]
        .map((word) => `'${word}'`)
        .join(" ");
    // Only libvirt's own connections have this word among their arguments; this package's carry files and scripts.
    await writeFile(
        ssh,
        `#!/bin/sh\ncase "$*" in *virt-ssh-helper*) exec ${counter} "$@";; *) exec ssh "$@";; esac\n`,
        { mode: 0o755 },
    );
    return child("round-trips.js", { uri: `${host.sshUri}&command=${encodeURIComponent(ssh)}`, kernel, log });
}
