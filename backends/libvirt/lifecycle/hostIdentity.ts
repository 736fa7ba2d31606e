import { knownHost, UnikernelError, type UnikernelSpec } from "../../../model";
import type { HostInfo } from "../host";

/**
 * Return an identifier of a libvirt daemon. A session has its own guests, although it reports the same host uuid as the
 * system's daemon; on this machine it is the session of the user that we run as.
 */
export function hostIdOf({ uuid, session, local }: Pick<HostInfo, "uuid" | "session" | "local">): string {
    if (!session) return uuid;
    return local ? `${uuid}/session-${process.getuid?.() ?? 0}` : `${uuid}/session`;
}

/**
 * Throw `unreachable` where state has the guest on another host. On another machine the same URI (qemu:///system) leads
 * to another host: a guest that is missing there is not gone, and one of the same uuid there belongs to another state.
 * Every operation on a guest in state checks this first.
 */
export function assertSameHost(
    info: HostInfo,
    { name, host: seen, connection }: Pick<UnikernelSpec, "name" | "host" | "connection">,
): void {
    const [host, hostId] = [knownHost(seen), hostIdOf(info)];
    if (host === undefined || knownHost(hostId) === undefined || host === hostId) return;
    throw new UnikernelError(
        "unreachable",
        `${connection} leads to host ${hostId} (${info.hostname}) here, and ${name} was last seen on host ${host}; nothing was changed`,
        {
            property: "connection",
            hint:
                "run this on that machine, or name it in `connection` (qemu+ssh://…); if this host is the same one and its uuid changed, give it back the old one " +
                `(host_uuid = "${host.split("/")[0]}" in /etc/libvirt/libvirtd.conf, or virtqemud.conf; then restart that daemon), or run \`pulumi state delete\` and \`pulumi up\` with adopt: true`,
        },
    );
}
