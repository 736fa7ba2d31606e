import { homedir } from "node:os";
import { join } from "node:path";

import { UnikernelError } from "../../../model";
import { isRemote, isSession } from "../client";

/**
 * Return the folder with the folders of all guests of a connection, each named by the guest's uuid.
 * It is never below /var/lib/libvirt, where distributions restrict access.
 */
export function guestsFolder(uri: string, environment: NodeJS.ProcessEnv = process.env): string {
    if (environment.PULUMI_UNIKERNEL_DIR) return environment.PULUMI_UNIKERNEL_DIR;
    if (!isSession(uri)) return "/var/lib/pulumi-unikernel";
    if (isRemote(uri)) {
        throw new UnikernelError(
            "unsupported",
            `${uri}: the folder for guests' files in a session on another machine is unknown here`,
            {
                hint: "set PULUMI_UNIKERNEL_DIR to a folder of that user on that machine",
            },
        );
    }
    return join(
        environment.XDG_DATA_HOME || join(environment.HOME || homedir(), ".local", "share"),
        "pulumi-unikernel",
    );
}

/** Like guestsFolder, but return undefined where only the host of the connection knows it. */
export function configuredFolder(uri: string, environment: NodeJS.ProcessEnv = process.env): string | undefined {
    if (environment.PULUMI_UNIKERNEL_DIR) return environment.PULUMI_UNIKERNEL_DIR;
    return isSession(uri) && isRemote(uri) ? undefined : guestsFolder(uri, environment);
}
