import { type Backend, type Backends, type GuestViewer, hasHosts, isGuestViewer } from "../../backends";
import { UnikernelError } from "../../spec";

/** The host that is meant, and the platform that it runs. */
export function hostAt(
    connection: string | undefined,
    services: { connection?: string; backends: Backends },
): { connection: string; backend: Backend & GuestViewer } {
    const uri = connection ?? services.connection ?? services.backends.kvm?.defaultConnection() ?? "";
    // What leads to no platform of ours, libvirt's test driver for one, is looked at like the rest.
    const backend =
        [services.backends.xen, services.backends.kvm].find((one) => one && hasHosts(one) && one.leadsTo(uri)) ??
        services.backends.kvm;
    if (backend && isGuestViewer(backend)) return { connection: uri, backend };
    throw new UnikernelError("unsupported", `${uri} leads to no host of a platform that is here`);
}
