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
};

/**
 * Return whether two keys mean the same thing: equal, or the same port where one of the two listens on every address.
 */
export function isSameItem(one: string, other: string): boolean {
    const everywhere = (key: string): string => key.replace(/^(tcp|udp) \S+ (\d+)$/, "$1 0.0.0.0 $2");
    return (
        one === other || (everywhere(one) === everywhere(other) && [one, other].some((key) => key === everywhere(key)))
    );
}
