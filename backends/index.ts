import { type Platform, UnikernelError } from "../spec";
import type { Backend } from "./backend";
import { iso } from "./iso";
import { kvm } from "./kvm";
import { createLibvirtBackend, type Host, openHost, sshShellOf } from "./libvirt";
import { createXen, wayToDom0 } from "./xen";

export type {
    Applied,
    Backend,
    Change,
    Consequence,
    ConsequenceTable,
    Context,
    Creator,
    GuestGlance,
    GuestName,
    GuestRef,
    LeftDomain,
    LeftFolder,
    Leftovers,
    Observation,
    PropertyConsequence,
} from "./backend";
export { PartialError } from "./backend";

/** Every platform that this release has. */
export type Backends = Partial<Record<Platform, Backend>>;

/** @param open gives the libvirt host of a URI; tests pass one that watches or disturbs its calls */
export function createBackends(open: (uri: string) => Promise<Host> = openHost): Backends {
    return {
        kvm: createLibvirtBackend(kvm, open),
        xen: createLibvirtBackend(createXen(wayToDom0(sshShellOf)), open),
        iso,
    };
}

export const backends: Backends = createBackends();

/** Throws `unsupported` for a platform that this release does not have. */
export function backend(platform: Platform): Backend {
    const found = backends[platform];
    if (found) return found;
    throw new UnikernelError(
        "unsupported",
        `there is no backend for platform "${platform}" yet; there is ${Object.keys(backends).join(", ")}`,
        { property: "platform" },
    );
}
