import type { Backend, Backends } from "../../backends";
import { UnikernelError } from "../../spec";

/** A platform whose guests run on hosts. */
type HostBackend = Backend & Required<Pick<Backend, "glance" | "printed">>;

/** The host that is meant, and the platform that it runs. */
export function hostAt(
    connection: string | undefined,
    services: { connection?: string; backends: Backends },
): { connection: string; backend: HostBackend } {
    const uri = connection ?? services.connection ?? services.backends.kvm?.defaultConnection() ?? "";
    // What leads to no platform of ours, libvirt's test driver for one, is looked at like the rest.
    const backend =
        [services.backends.xen, services.backends.kvm].find((one) => one?.leadsTo?.(uri)) ?? services.backends.kvm;
    if (backend && hasHosts(backend)) return { connection: uri, backend };
    throw new UnikernelError("unsupported", `${uri} leads to no host of a platform that is here`);
}

function hasHosts(backend: Backend): backend is HostBackend {
    return backend.glance !== undefined && backend.printed !== undefined;
}
