import type { Forward } from "../../../model";
import { GDB, ID, split } from "./commandline";
import type { Declared } from "./notes";

/** An interface of a definition, and its order among the guest's. */
export type Placed = Declared["interfaces"][number] & { order: number };

/** Arguments for QEMU in anyone's definition, as far as they can be declared. */
export interface Commandline {
    interfaces: Placed[];
    gdb: Declared["gdb"];
    /** Everything else, in its order. */
    rest: string[];
}

type Options = Map<string, string[]>;

/** Options of a network that `attach` can declare; of one that this package wrote, all that it writes. */
const NETDEV = new Set(["user", "id", "hostfwd"]);
const OURS = new Set([...NETDEV, "net", "host", "dns", "dhcpstart", "ipv6-net", "ipv6-host"]);
const DEVICE = new Set([
    "virtio-net-pci",
    "virtio-net-pci-transitional",
    "netdev",
    "id",
    "mac",
    "bus",
    "addr",
    "romfile",
]);

/**
 * Return user-mode networks with forwards, written by this package or by people; a debugger's port; and the rest as it
 * is.
 */
export function readCommandline(args: string[]): Commandline {
    const found: Commandline = { interfaces: [], gdb: undefined, rest: [] };
    const networks = new Map<string, Forward[]>();
    const pairs = args.map((name, index) => ({ name, value: args[index + 1] ?? "", index }));
    for (const { name, value } of pairs) {
        if (name !== "-netdev") continue;
        const options = split(value);
        const forwards = forwardsOf(options);
        const id = options.get("id")?.[0];
        const known = id?.startsWith(ID) ? OURS : NETDEV;
        if (id && forwards && options.has("user") && [...options.keys()].every((key) => known.has(key)))
            networks.set(id, forwards);
    }
    const plugged = new Set(
        pairs
            .filter(({ name }) => name === "-device")
            .map(({ value }) => split(value))
            .filter(isInterface)
            .map((options) => options.get("netdev")?.[0] ?? ""),
    );
    for (let index = 0; index < args.length; index++) {
        const [name = "", value = ""] = [args[index], args[index + 1]];
        const options = split(value);
        const id = (name === "-netdev" ? options.get("id") : options.get("netdev"))?.[0] ?? "";
        const forward = networks.get(id);
        const gdb = name === GDB && !found.gdb ? /^tcp:([\d.]*):(\d+)$/.exec(value) : null;
        if (forward && plugged.has(id) && (name === "-netdev" || (name === "-device" && isInterface(options)))) {
            if (name === "-device")
                found.interfaces.push({
                    mac: macOf(options, found.interfaces.length),
                    attach: { user: { forward } },
                    order: pciOrderOf(options),
                });
        } else if (gdb) {
            found.gdb = { address: gdb[1] || "0.0.0.0", port: Number(gdb[2]) };
        } else {
            found.rest.push(name);
            continue;
        }
        index++;
    }
    return found;
}

function isInterface(options: Options): boolean {
    return (
        (options.has("virtio-net-pci") || options.has("virtio-net-pci-transitional")) &&
        [...options.keys()].every((key) => DEVICE.has(key))
    );
}

/** QEMU's default (net/net.c, qemu_macaddr_default_if_unset) counts from 52:54:00:12:34:56. */
function macOf(options: Options, before: number): string {
    return options.get("mac")?.[0]?.toLowerCase() ?? `52:54:00:12:34:${(0x56 + before).toString(16)}`;
}

/**
 * Return a number by which interfaces sort: without an address QEMU takes the first free slot, after those that libvirt
 * assigned.
 */
function pciOrderOf(options: Options): number {
    const [slot = "", part = "0"] = (options.get("addr")?.[0] ?? "").split(".");
    return slot === "" ? Number.MAX_SAFE_INTEGER : Number(`0x${slot.replace(/^0x/i, "")}`) * 256 + Number(part);
}

/**
 * `[tcp|udp]:[address]:port-[guest address]:port` (QEMU manual, "hostfwd"); undefined where one leads to another
 * address than the guest's.
 */
function forwardsOf(options: Options): Forward[] | undefined {
    const ours = options.get("id")?.[0]?.startsWith(ID) ?? false;
    const found = (options.get("hostfwd") ?? []).map((text): Forward | undefined => {
        const [, protocol, address, host, to, guest] = /^(tcp|udp)?:([\d.]*):(\d+)-([\d.]*):(\d+)$/.exec(text) ?? [];
        if (guest === undefined || !(ours || to === "" || to === "10.0.2.15")) return undefined;
        return {
            protocol: protocol === "udp" ? "udp" : "tcp",
            address: address || "0.0.0.0",
            host: Number(host),
            guest: Number(guest),
        };
    });
    return found.every((one) => one !== undefined) ? found : undefined;
}
