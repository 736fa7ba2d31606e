import { stat } from "node:fs/promises";
import type { KvmDevice } from "../judge";
import { type Account, groupName, permits } from "./account";

const READ_WRITE = 6;

/** Find out whether /dev/kvm exists and is open to the user that guests run as. */
export async function probeKvm(user: Account): Promise<KvmDevice> {
    const device = await stat("/dev/kvm").catch(() => undefined);
    if (!device) return { state: "absent", user: user.name };
    if (permits(device, user, READ_WRITE)) return { state: "open", user: user.name };
    // Joining root's own group must not be advised.
    const open = ((device.mode >> 3) & READ_WRITE) === READ_WRITE && device.gid !== 0;
    return { state: "closed", user: user.name, group: open ? await groupName(device.gid) : undefined };
}
