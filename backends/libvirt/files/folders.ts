import { homedir } from "node:os";
import { join } from "node:path";

import { isSession } from "../client";

/**
 * Where the folders of all guests of a connection lie, one a guest, named by its uuid.
 * Never below /var/lib/libvirt: distributions confine what may lie there.
 */
export function guestsFolder(uri: string, environment: NodeJS.ProcessEnv = process.env): string {
    if (environment.PULUMI_UNIKERNEL_DIR) return environment.PULUMI_UNIKERNEL_DIR;
    if (!isSession(uri)) return "/var/lib/pulumi-unikernel";
    return join(environment.XDG_DATA_HOME || join(environment.HOME || homedir(), ".local", "share"), "pulumi-unikernel");
}
