import { homedir } from "node:os";
import { join } from "node:path";

import { UnikernelError } from "../../../spec";
import { isRemote, isSession } from "../client";

/**
 * Where the folders of all guests of a connection lie, one a guest, named by its uuid.
 * Never below /var/lib/libvirt: distributions confine what may lie there.
 */
export function guestsFolder(uri: string, environment: NodeJS.ProcessEnv = process.env): string {
    if (environment.PULUMI_UNIKERNEL_DIR) return environment.PULUMI_UNIKERNEL_DIR;
    if (!isSession(uri)) return "/var/lib/pulumi-unikernel";
    if (isRemote(uri)) {
        throw new UnikernelError(
            "unsupported",
            `${uri}: where the guests' files go in a session on another machine is not known here`,
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

/** As guestsFolder; undefined where only the host of the connection knows it. */
export function configuredFolder(uri: string, environment: NodeJS.ProcessEnv = process.env): string | undefined {
    if (environment.PULUMI_UNIKERNEL_DIR) return environment.PULUMI_UNIKERNEL_DIR;
    return isSession(uri) && isRemote(uri) ? undefined : guestsFolder(uri, environment);
}
