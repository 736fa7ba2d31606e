import type { Forward } from "../../../../spec";
import { ID, split } from "../qemu";
import type { Placed } from "./interfaces";
import type { Declared } from "./notes";

/** What stands on QEMU's command line past libvirt. */
interface Commandline {
    interfaces: Placed[];
    gdb: Declared["gdb"];
    /** Everything else, in its order. */
    rest: string[];
}

type Options = Map<string, string[]>;

/** Of a network of ours, whatever is told it; of a stranger's, what `attach` can say. */
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

/** A user-mode network with forwards, in our own form or as people write it; a debugger's port; the rest as it is. */
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
            .filter(isCard)
            .map((options) => options.get("netdev")?.[0] ?? ""),
    );
    for (let index = 0; index < args.length; index++) {
        const [name = "", value = ""] = [args[index], args[index + 1]];
        const options = split(value);
        const id = (name === "-netdev" ? options.get("id") : options.get("netdev"))?.[0] ?? "";
        const forward = networks.get(id);
        const gdb = name === "-gdb" && !found.gdb ? /^tcp:([\d.]*):(\d+)$/.exec(value) : null;
        if (forward && plugged.has(id) && (name === "-netdev" || (name === "-device" && isCard(options)))) {
            if (name === "-device")
                found.interfaces.push({
                    mac: macOf(options, found.interfaces.length),
                    attach: { user: { forward } },
                    place: placeOf(options),
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

function isCard(options: Options): boolean {
    return (
        (options.has("virtio-net-pci") || options.has("virtio-net-pci-transitional")) &&
        [...options.keys()].every((key) => DEVICE.has(key))
    );
}

/** QEMU's default (net/net.c, qemu_macaddr_default_if_unset) counts from 52:54:00:12:34:56. */
function macOf(options: Options, before: number): string {
    return options.get("mac")?.[0]?.toLowerCase() ?? `52:54:00:12:34:${(0x56 + before).toString(16)}`;
}

/** Without an address QEMU takes the first free slot, behind those that libvirt gave away. */
function placeOf(options: Options): number {
    const [slot = "", part = "0"] = (options.get("addr")?.[0] ?? "").split(".");
    return slot === "" ? Number.MAX_SAFE_INTEGER : Number(`0x${slot.replace(/^0x/i, "")}`) * 256 + Number(part);
}

/** `[tcp|udp]:[address]:port-[guest address]:port` (QEMU manual, "hostfwd"); undefined where one leads to another address than the guest's. */
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
