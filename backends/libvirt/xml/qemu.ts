import type { Forward } from "../../../spec";
import type { DomainModel, InterfaceModel, UserSource } from "../model";

/** A device that libvirt does not know: its id tells ours from the user's own arguments when they are read back. */
export const ID = "unikernel-net";
const GDB = "-gdb";

/** A value inside one of QEMU's comma lists: its commas are doubled (QEMU manual, "-drive"). */
const value = (text: string): string => text.replaceAll(",", ",,");

/** QEMU's name of the root bus. */
const rootBus = (machine: string): string => (machine.includes("q35") ? "pcie.0" : "pci.0");

type QemuNet = InterfaceModel & { source: UserSource };

export function isQemuNet(model: InterfaceModel): model is QemuNet {
    return model.source.kind === "user" && model.source.backend === "qemu";
}

/** What goes to QEMU past libvirt: its user network, the debugger's port, the user's own arguments. In this order. */
export function qemuCommandline(model: DomainModel): string[] {
    return [
        ...model.interfaces
            .filter(isQemuNet)
            .flatMap((net, index) => userNet(net, `${ID}${index}`, rootBus(model.machine))),
        ...(model.gdb ? [GDB, `tcp:${model.gdb.address}:${model.gdb.port}`] : []),
        ...model.qemuArgs,
    ];
}

function userNet({ mac, model = "virtio", slot, source }: QemuNet, id: string, bus: string): string[] {
    const { subnet, subnet6 } = source;
    const netdev = [
        "user",
        `id=${id}`,
        ...(subnet
            ? [
                  `net=${subnet.network}`,
                  `host=${subnet.gateway}`,
                  ...(subnet.dns ? [`dns=${subnet.dns}`] : []),
                  `dhcpstart=${subnet.guest}`,
              ]
            : []),
        ...(subnet6
            ? [`ipv6-net=${subnet6.network}`, ...(subnet6.gateway ? [`ipv6-host=${subnet6.gateway}`] : [])]
            : []),
        ...source.forwards.map((forward) => `hostfwd=${hostForward(forward, subnet?.guest ?? "")}`),
    ];
    const device = [
        model === "virtio" ? "virtio-net-pci" : "virtio-net-pci-transitional",
        `netdev=${id}`,
        `id=${id}-device`,
        `mac=${mac}`,
        ...(slot === undefined ? [] : [`bus=${bus}`, `addr=0x${slot.toString(16)}`]),
        // No boot ROM: these guests boot from -kernel, and a ROM file costs start time.
        "romfile=",
    ];
    return ["-netdev", netdev.map(value).join(","), "-device", device.map(value).join(",")];
}

function hostForward({ protocol, address, host: port, guest }: Forward, guestAddress: string): string {
    return `${protocol}:${address}:${port}-${guestAddress}:${guest}`;
}

/** What readQemu finds in arguments that qemuCommandline made; the rest is the user's. */
export interface QemuFacts {
    nets: { mac: string; slot: number; forwards: Forward[] }[];
    gdb?: { address: string; port: number };
    rest: string[];
}

export function readQemu(args: string[]): QemuFacts {
    const facts: QemuFacts = { nets: [], rest: [] };
    const forwards = new Map<string, Forward[]>();
    for (let index = 0; index < args.length; index++) {
        const [name = "", argument = ""] = [args[index], args[index + 1]];
        const options = split(argument);
        const id = options.get("netdev")?.[0] ?? options.get("id")?.[0] ?? "";
        const gdb = name === GDB && !facts.gdb ? /^tcp:(.*):(\d+)$/.exec(argument) : null;
        if (name === "-netdev" && id.startsWith(ID)) {
            forwards.set(id, (options.get("hostfwd") ?? []).flatMap(readForward));
        } else if (name === "-device" && id.startsWith(ID)) {
            facts.nets.push({
                mac: options.get("mac")?.[0] ?? "",
                slot: Number(options.get("addr")?.[0] ?? 0),
                forwards: forwards.get(id) ?? [],
            });
        } else if (gdb) {
            facts.gdb = { address: gdb[1] ?? "", port: Number(gdb[2]) };
        } else {
            facts.rest.push(name);
            continue;
        }
        index++;
    }
    return facts;
}

/** A QEMU comma list as key → values; doubled commas are single ones again. */
export function split(argument: string): Map<string, string[]> {
    const options = new Map<string, string[]>();
    for (const [item] of argument.matchAll(/(?:[^,]|,,)+/g)) {
        const [, key = item, rest = ""] = /^([^=]*)=(.*)$/s.exec(item) ?? [];
        const values = options.get(key) ?? [];
        values.push(rest.replaceAll(",,", ","));
        options.set(key, values);
    }
    return options;
}

function readForward(text: string): Forward[] {
    const found = /^(tcp|udp):(.*):(\d+)-[^:]*:(\d+)$/.exec(text);
    if (!found) return [];
    return [
        {
            protocol: found[1] === "udp" ? "udp" : "tcp",
            address: found[2] ?? "",
            host: Number(found[3]),
            guest: Number(found[4]),
        },
    ];
}
