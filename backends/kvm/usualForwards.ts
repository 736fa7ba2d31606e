import { forwardsOf, type UnikernelSpec } from "../../model";
import { isRemote } from "../libvirt/client";

/** Ports from here on need no privilege on any Linux host by default (net.ipv4.ip_unprivileged_port_start). */
const USUAL = 1024;
/** Addresses that every host has. */
export const OWN = /^(127\.|0\.0\.0\.0$|::1?$)/;

/** Return whether any host lets QEMU listen on all forwards of a guest, so that it need not be asked. */
export function areUsual({ interfaces, connection }: Pick<UnikernelSpec, "interfaces" | "connection">): boolean {
    const remote = isRemote(connection);
    return interfaces
        .flatMap(({ attach }) => forwardsOf(attach))
        .every(({ host, address }) => host >= USUAL && (remote || OWN.test(address)));
}
