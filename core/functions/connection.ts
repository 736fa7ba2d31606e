import { type Backend, type Backends, type GuestViewer, isGuestViewer, platformAt } from "../../backends";
import { UnikernelError } from "../../spec";

/** The host that is meant, and the platform that it runs. */
export function hostAt(
    connection: string | undefined,
    services: { connection?: string; backends: Backends },
): { connection: string; backend: Backend & GuestViewer } {
    const uri = connection ?? services.connection ?? services.backends.kvm?.defaultConnection() ?? "";
    // What leads to no platform of ours, libvirt's test driver for one, is looked at like the rest.
    const backend = platformAt(uri, services.backends) ?? services.backends.kvm;
    if (backend && isGuestViewer(backend)) return { connection: uri, backend };
    throw new UnikernelError("unsupported", `${uri} leads to no host of a platform that is here`);
}
