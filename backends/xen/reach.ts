import { isRemote, parseUri } from "../libvirt/client";

const SSH: readonly (string | undefined)[] = ["ssh", "libssh", "libssh2"];

/** Whether dom0 itself is at the other end, and not only its libvirt. */
export function reaches(connection: string): boolean {
    return !isRemote(connection) || SSH.includes(parseUri(connection).transport);
}
