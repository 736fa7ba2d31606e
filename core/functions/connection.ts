import { type Backend, type Backends, type GuestViewer, isGuestViewer, platformAt } from "../../backends";
import { UnikernelError } from "../../model";

/** Return the host of a connection and the backend of its platform. */
export function hostAt(
    connection: string | undefined,
    services: { connection?: string; backends: Backends },
): { connection: string; backend: Backend & GuestViewer } {
    const uri = connection ?? services.connection ?? services.backends.kvm?.defaultConnection() ?? "";
    // A URI that no platform claims, such as libvirt's test driver, is opened like the rest.
    const backend = services.backends[platformAt(uri, (platform) => services.backends[platform]) ?? "kvm"];
    if (backend && isGuestViewer(backend)) return { connection: uri, backend };
    throw new UnikernelError("unsupported", `${uri} leads to no host of a platform that this release supports`);
}
