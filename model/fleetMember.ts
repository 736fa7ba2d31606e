import type { Protocol } from "./network";

/** A place at which a service of a guest is reached from its host. */
export interface Endpoint {
    /** Address of the host that forwards, or of the guest itself. */
    address: string;
    /** Port at that address. */
    port: number;
    /** The guest's own port. */
    guest: number;
    /** What the port speaks. */
    protocol: Protocol;
}

/** A member of a fleet, as a load balancer, a DNS or another stack needs it. */
export interface FleetMember {
    /** The logical name: the fleet's name, `-`, and the index. */
    name: string;
    /** The uuid on the host. */
    uuid: string;
    /** libvirt URI of its host; empty for a medium. */
    host: string;
    /** One address for each interface, in their order; empty text where the host does not know it. */
    addresses: string[];
    /**
     * Where its services are reached: one for each forwarded port, and for an interface with an address of its own the
     * port of `readiness`.
     */
    endpoints: Endpoint[];
}
