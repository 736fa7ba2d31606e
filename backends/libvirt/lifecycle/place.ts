import { UnikernelError, type UnikernelSpec } from "../../../spec";
import type { HostInfo } from "../host";

/**
 * Which libvirt of which machine. A session has guests of its own, although it names the same host uuid as the system;
 * on this machine it is the session of the user that we run as.
 */
export function placeOf({ uuid, session, local }: Pick<HostInfo, "uuid" | "session" | "local">): string {
    if (!session) return uuid;
    return local ? `${uuid}/session-${process.getuid?.() ?? 0}` : `${uuid}/session`;
}

/**
 * Throws `unreachable` where a guest that is not found was last seen on another host: the same URI (qemu:///system) on
 * another machine says nothing about it, and taking that for "gone" would lose the guest from state.
 */
export function assertSamePlace(info: HostInfo, { name, host, connection }: Pick<UnikernelSpec, "name" | "host" | "connection">): void {
    const place = placeOf(info);
    if (host === undefined || host === place) return;
    throw new UnikernelError("unreachable", `${name} is not on ${info.hostname} (host ${place}), to which ${connection} leads here; it was last seen on host ${host}`, {
        property: "connection",
        hint: "run this on that machine, or name it in `connection` (qemu+ssh://…); if this host is it and got another uuid, `pulumi state delete` forgets the guest",
    });
}
