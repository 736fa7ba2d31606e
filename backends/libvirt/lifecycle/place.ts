import type { HostInfo } from "../host";

/**
 * Which libvirt of which machine. A session has guests of its own, although it names the same host uuid as the system;
 * on this machine it is the session of the user that we run as.
 */
export function placeOf({ uuid, session, local }: Pick<HostInfo, "uuid" | "session" | "local">): string {
    if (!session) return uuid;
    return local ? `${uuid}/session-${process.getuid?.() ?? 0}` : `${uuid}/session`;
}
