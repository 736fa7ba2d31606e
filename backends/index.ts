import { HOST_PLATFORMS, type HostedPlatform, type Platform, UnikernelError } from "../model";
import type { Backend } from "./backend";
import { hasHosts } from "./capabilities";
import { kvm } from "./kvm/platform";
import { sshLogin } from "./libvirt/client";
import type { Host } from "./libvirt/host";
import { createLibvirtBackend } from "./libvirt/lifecycle";
import type { HostNetworks } from "./networks";

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
    GuestEvent,
    GuestName,
    GuestRef,
    Imported,
    LeftDomain,
    LeftFolder,
    Leftovers,
    ListedGuest,
    Observation,
    OutputOptions,
    OutputReader,
    PropertyConsequence,
    SeenMember,
} from "./backend";
export { PartialError } from "./backend";
export {
    checksHosts,
    type FleetViewer,
    type GuestViewer,
    type HostCapacity,
    type HostChecker,
    type HostConsequences,
    type HostPlatform,
    type HostProblem,
    hasHostConsequences,
    hasHosts,
    type Importer,
    isFleetViewer,
    isGuestViewer,
    isImporter,
    isSweeper,
    type Sweeper,
} from "./capabilities";
export { unsupportedIn } from "./consequence";
export { diskNames, isFileOf, isPersist, persistFile, persistFiles } from "./diskNames";
export { outputOf, outputPath } from "./iso/output";
export type { Host } from "./libvirt/host";
export type {
    AppliedNetwork,
    CutOff,
    FoundNetwork,
    HostNetworks,
    NetworkContext,
    NetworkLook,
    NetworkRef,
    SeenNetwork,
} from "./networks";
export { sessionRefused } from "./networks";

/** Every platform that this release has. */
export type Backends = Partial<Record<Platform, Backend>>;

// Loaded when first used: the preview of a guest on KVM needs none of them.
const isoRoom = () => require("./iso") as typeof import("./iso");
const xenRoom = () => require("./xen") as typeof import("./xen");
const hosts = () => require("./libvirt/open") as typeof import("./libvirt/open");
const hostFiles = () => require("./libvirt/files") as typeof import("./libvirt/files");

/** Return the ssh command of a connection by ssh, as typed by hand; undefined for any other connection. */
export function sshCommand(connection: string): string | undefined {
    return sshLogin(connection)?.byHand;
}

/** Return the dom0 of a guest: on this machine, or over an ssh shell. */
export const dom0Of: ReturnType<typeof import("./xen").dom0AccessBy> = (...args) =>
    xenRoom().dom0AccessBy(hostFiles().sshShellOf)(...args);

/** Return the libvirt host of a URI. Its connection is opened when first needed. */
export async function openHost(uri: string): Promise<Host> {
    return hosts().openHost(uri);
}

/** Close all connections and end the processes that hold them. */
export async function closeHosts(): Promise<void> {
    await hosts().closeHosts();
}

/**
 * Return the backends of all platforms.
 * @param open returns the libvirt host of a URI; tests pass one that records calls or injects faults
 * @param dom0 the same for commands in dom0
 */
export function createBackends(open: (uri: string) => Promise<Host> = openHost, dom0 = dom0Of): Backends {
    let xen: Backend | undefined;
    return {
        kvm: createLibvirtBackend(kvm, open),
        get xen() {
            return (xen ??= createLibvirtBackend(xenRoom().createXen(dom0), open));
        },
        get iso() {
            return isoRoom().iso;
        },
    };
}

export const backends: Backends = createBackends();

/**
 * Return the networks of libvirt hosts.
 * @param open as for `createBackends`
 */
export function hostNetworks(open: (uri: string) => Promise<Host> = openHost): HostNetworks {
    return (require("./libvirt/networks") as typeof import("./libvirt/networks")).createHostNetworks(open);
}

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
