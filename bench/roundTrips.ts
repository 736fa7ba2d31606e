import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { XenHost } from "../tests/support/xenHost";
import { child } from "./child";

/** Procedures of libvirt by number, and what scripts were for, in the order in which they were asked. */
interface Asked {
    libvirt: number[];
    scripts: string[];
}

/** What the create of one guest asks of a host by xen+ssh, where another has brought the kernel and opened the connections. */
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
    // libvirt's own connections have this word among their arguments; ours carry files and scripts.
    await writeFile(
        ssh,
        `#!/bin/sh\ncase "$*" in *virt-ssh-helper*) exec ${counter} "$@";; *) exec ssh "$@";; esac\n`,
        { mode: 0o755 },
    );
    return child("round-trips.js", { uri: `${host.sshUri}&command=${encodeURIComponent(ssh)}`, kernel, log });
}
