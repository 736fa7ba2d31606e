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
 * Throws `unreachable` where state saw the guest on another host. The same URI (qemu:///system) leads to another host on
 * another machine: a guest that is missing there is not gone, and one of the same uuid there belongs to another state.
 * Every operation on a guest in state asks this before anything else.
 */
export function assertSamePlace(
    info: HostInfo,
    { name, host, connection }: Pick<UnikernelSpec, "name" | "host" | "connection">,
): void {
    const place = placeOf(info);
    if (host === undefined || host === place) return;
    throw new UnikernelError(
        "unreachable",
        `${connection} leads to host ${place} (${info.hostname}) here, and ${name} was last seen on host ${host}; nothing was changed`,
        {
            property: "connection",
            hint:
                "run this on that machine, or name it in `connection` (qemu+ssh://…); if this host is the same one and its uuid changed, give it back the old one " +
                `(host_uuid = "${host.split("/")[0]}" in /etc/libvirt/libvirtd.conf, or virtqemud.conf; then restart that daemon), or run \`pulumi state delete\` and \`pulumi up\` with adopt: true`,
        },
    );
}
