import type { Forward } from "../../../model";

/** A network device that libvirt does not know: its id tells the ones of this package from the user's own arguments. */
export const ID = "unikernel-net";
export const GDB = "-gdb";

/** The arguments that this package wrote, read back; `rest` is the user's. */
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

/** Return one of QEMU's comma lists as key → values; a doubled comma stands for a comma (QEMU manual, "-drive"). */
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

/** Return one of QEMU's comma lists. */
export function join(options: string[]): string {
    return options.map((option) => option.replaceAll(",", ",,")).join(",");
}
