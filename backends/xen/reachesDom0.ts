import type { UnikernelSpec } from "../../model";
import { isRemote, parseUri } from "../libvirt/client";

const SSH: readonly (string | undefined)[] = ["ssh", "libssh", "libssh2"];

/** Return whether dom0 itself can be reached, not only its libvirt. */
export function reachesDom0({ connection, sshTarget }: Pick<UnikernelSpec, "connection" | "sshTarget">): boolean {
    return !isRemote(connection) || sshTarget !== undefined || SSH.includes(parseUri(connection).transport);
}
