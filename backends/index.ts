import { HOST_PLATFORMS, type HostedPlatform, type Platform, UnikernelError } from "../model";
import type { Backend } from "./backend";
import { hasHosts } from "./capabilities";
import { iso } from "./iso";
import { kvm } from "./kvm";
import { createLibvirtBackend, type Host, openHost, sshLogin, sshShellOf } from "./libvirt";
import { createXen, dom0AccessBy } from "./xen";

export type {
    Applied,
    Backend,
    Change,
    Consequence,
    ConsequenceTable,
    Context,
    Creator,
    FoundGuest,
    GuestDescription,
    GuestName,
    GuestRef,
    Imported,
    LeftDomain,
    LeftFolder,
    Leftovers,
    Observation,
    PropertyConsequence,
} from "./backend";
export { PartialError } from "./backend";
export {
    checksHosts,
    type GuestViewer,
    type HostChecker,
    type HostConsequences,
    type HostPlatform,
    type HostProblem,
    hasHostConsequences,
    hasHosts,
    type Importer,
    isGuestViewer,
    isImporter,
    isSweeper,
    type Sweeper,
} from "./capabilities";
export { unsupportedIn } from "./consequence";
export { diskNames, isFileOf, isPersist, persistFile, persistFiles } from "./diskNames";
export { bootLoaders, bootProbe, type HostFacts, inspectDom0, inspectHost, libraryVersion } from "./inspect";
export { outputOf, outputPath } from "./iso";
export { workingAccelerators } from "./kvm";
export { closeHosts, type Host, openHost, sshShellOf } from "./libvirt";
export { readFacts } from "./libvirt/devices";
export { guestsFolder } from "./libvirt/files";
export { readMark, readNetwork, renderReservation } from "./libvirt/xml";
export { createXen, type Dom0, type XenFacts } from "./xen";

/** Every platform that this release has. */
export type Backends = Partial<Record<Platform, Backend>>;

/** Return the ssh command of a connection by ssh, as typed by hand; undefined for any other connection. */
export function sshCommand(connection: string): string | undefined {
    return sshLogin(connection)?.byHand;
}

/** Return the dom0 of a guest: on this machine, or over an ssh shell. */
export const dom0Of = dom0AccessBy(sshShellOf);

/**
 * Return the backends of all platforms.
 * @param open returns the libvirt host of a URI; tests pass one that records calls or injects faults
 * @param dom0 the same for commands in dom0
 */
export function createBackends(open: (uri: string) => Promise<Host> = openHost, dom0 = dom0Of): Backends {
    return {
        kvm: createLibvirtBackend(kvm, open),
        xen: createLibvirtBackend(createXen(dom0), open),
        iso,
    };
}

export const backends: Backends = createBackends();

/** Return the platform to whose hosts a connection leads; undefined: none. @param of returns the backend of a platform */
export function platformAt(
    connection: string,
    of: (platform: HostedPlatform) => Backend | undefined = (platform) => backends[platform],
): HostedPlatform | undefined {
    return HOST_PLATFORMS.find((platform) => {
        const found = of(platform);
        return found !== undefined && hasHosts(found) && found.leadsTo(connection);
    });
}

/** Return the backend of a platform. Throws `unsupported` for a platform that this release does not have. */
export function backend(platform: Platform): Backend {
    const found = backends[platform];
    if (found) return found;
    throw new UnikernelError(
        "unsupported",
        `there is no backend for platform "${platform}" yet; there is ${Object.keys(backends).join(", ")}`,
        { property: "platform" },
    );
}
