import type { AppliedNetwork } from "../../backends";
import type { NetworkSpec } from "../../model";

/** The stored inputs: the declaration with its defaults, the identity, and the consequence of the last change. */
export interface NetworkInputs extends Omit<NetworkSpec, "adopt" | "bridge"> {
    schemaVersion: number;
    adopt?: boolean;
    /** Declared, or in outputs the one that libvirt made. */
    bridge?: string;
    host?: string;
    consequence: string;
    /** Paths of secret values. */
    hidden?: string[];
    /** Found otherwise on the host, where state does not hold the value: `unfinished`. */
    drift?: string[];
    imported?: { urn?: string };
    incarnation?: string;
}

/** Arguments whose change restarts the network. `dhcp` of a subnet is compared apart. */
export const RESTARTS = ["mode", "bridge", "ipv4", "ipv6", "domain", "forwarders", "mtu"] as const;
/** All arguments that a read finds changed on the host. */
export const DRIFTING = [...RESTARTS, "hosts", "autostart"] as const;

/** Return a network as its host's backend takes it. */
export function specOf(inputs: NetworkInputs): AppliedNetwork {
    const { bridge, ...rest } = inputs;
    return { ...rest, adopt: inputs.adopt ?? false, ...(inputs.mode === "bridge" ? { bridge } : {}) };
}

/** Return the inputs within outputs. */
export function inputsWithin(outputs: NetworkInputs): NetworkInputs {
    const { incarnation: _, bridge, ...inputs } = outputs;
    return inputs.mode === "bridge" ? { ...inputs, bridge } : inputs;
}
