import type { Forward } from "./network";

/** Keys of the things that only one guest on a host can hold. Declarations and domains are compared by them. */
export const keyOf = {
    port: ({ protocol, address, host }: Pick<Forward, "protocol" | "address" | "host">): string =>
        `${protocol} ${address} ${host}`,
    gdb: ({ address, port }: { address: string; port: number }): string => `tcp ${address} ${port}`,
    tap: (device: string): string => `tap ${device}`,
    mac: (mac: string): string => `mac ${mac}`,
    name: (name: string): string => `name ${name}`,
    address: (network: string, address: string): string => `address ${network} ${address}`,
    networkName: (network: string, name: string): string => `dns ${network} ${name}`,
};

/** Return the key of the same port on every address; any other key as it is. */
export function portOnAnyAddress(key: string): string {
    return key.replace(/^(tcp|udp) \S+ (\d+)$/, "$1 0.0.0.0 $2");
}

/**
 * Return whether two keys mean the same thing: equal, or the same port where one of the two listens on every address.
 */
export function isSameItem(one: string, other: string): boolean {
    if (one === other) return true;
    const [first, second] = [portOnAnyAddress(one), portOnAnyAddress(other)];
    return first === second && (one === first || other === second);
}
