import type { Forward } from "./network";

/** The keys of things that only one guest of a host can have: what a program declares is compared with what domains hold by them. */
export const keyOf = {
    port: ({ protocol, address, host }: Pick<Forward, "protocol" | "address" | "host">): string =>
        `${protocol} ${address} ${host}`,
    gdb: ({ address, port }: { address: string; port: number }): string => `tcp ${address} ${port}`,
    tap: (device: string): string => `tap ${device}`,
    mac: (mac: string): string => `mac ${mac}`,
    name: (name: string): string => `name ${name}`,
    address: (network: string, address: string): string => `address ${network} ${address}`,
};

/** Return whether two keys are of one thing: equal, or the same port where one of the two listens on every address. */
export function isSameThing(one: string, other: string): boolean {
    const everywhere = (key: string): string => key.replace(/^(tcp|udp) \S+ (\d+)$/, "$1 0.0.0.0 $2");
    return (
        one === other || (everywhere(one) === everywhere(other) && [one, other].some((key) => key === everywhere(key)))
    );
}
