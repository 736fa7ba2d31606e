import type { Declared, Kind, Properties } from "./engine";
import { changeFleet, type Fleet, membersOf } from "./fleets";

/** What a program declares, as data that changes of it edit. */
export interface Program {
    networks: Map<string, { host: number; last: number; mtu: number; records: string[] }>;
    images: Map<string, { text: string }>;
    guests: Map<string, Guest>;
    /** Over all hosts. Over daemons there are none. */
    fleets: Map<string, Fleet>;
    /** How many names it has given: none comes twice. */
    named: number;
}

export interface Guest {
    host: number;
    /** Its former logical names. */
    aliases: string[];
    memory: number;
    kernel: number;
    args: string[];
    /** Data images by name, and how the guest has them. */
    disks: Map<string, "read" | "scratch" | "persist">;
    /** The network that it is plugged into; left out, QEMU's own with a forwarded port. */
    network?: string;
    /** The last part of its address, reserved or its own with a name (`isNamed`); left out, DHCP chooses. */
    address?: number;
    state: "running" | "stopped" | "paused";
    autostart: boolean;
    deleteData: boolean;
    /** What follows from its first name, and stays. */
    number: number;
}

/** Numbers that a step of a sequence brings; each use takes those that it needs. */
export interface Change {
    what: number;
    which: number;
    value: number;
}

/** Files on this machine: kernels, and a folder for the sources of images. */
export interface Files {
    kernels: string[];
    initrd: string;
    source(name: string, text: string): string;
    uris: string[];
}

export const emptyProgram = (): Program => ({
    networks: new Map(),
    images: new Map(),
    guests: new Map(),
    fleets: new Map(),
    named: 0,
});

const MOST = { networks: 3, images: 3, guests: 5 };

const pick = <T>(list: T[], number: number): T | undefined => list[number % Math.max(1, list.length)];

/**
 * Change what is declared. @returns the change in words
 * @param keeps nothing is removed, renamed or moved: what is in no state and in no program is for `sweep`
 * @param withFleets fleets are changed too
 */
export function change(
    program: Program,
    { what, which, value }: Change,
    hosts: number,
    keeps = false,
    withFleets = false,
): string {
    const { networks, images, guests } = program;
    const [name, guest] = pick([...guests], which) ?? [];
    const act = pick(ACTS, what)!;
    if (withFleets && what % 3 === 0)
        return changeFleet(
            program,
            () => ({ name: `f${program.named}`, number: program.named++ }),
            { what, which, value },
            keeps,
        );
    if (keeps && /^(remove|rename)/.test(act)) return `nothing: not ${act} while state is lost`;
    if (guests.size === 0 || act === "add guest") {
        if (guests.size >= MOST.guests) return "nothing: there are enough guests";
        const number = program.named++;
        const host = which % hosts;
        const network = pick(of(networks, host), value);
        guests.set(`g${number}`, {
            host,
            aliases: [],
            memory: 32,
            kernel: value % 3,
            args: [],
            disks: new Map([...images.keys()].slice(0, value % 3).map((image) => [image, access(value)])),
            ...(network === undefined || value % 2 ? {} : { network, address: 10 + (number % 80) }),
            state: "running",
            autostart: value % 5 === 0,
            deleteData: value % 3 === 0,
            number,
        });
        return `add guest g${number} on host ${host}`;
    }
    if (act === "add network" && networks.size < MOST.networks) {
        const [added, host] = [`n${program.named++}`, which % hosts];
        networks.set(added, { host, last: 200, mtu: 1500, records: [] });
        return `add network ${added} on host ${host}`;
    }
    if (act === "add image" && images.size < MOST.images) {
        const added = `d${program.named++}`;
        images.set(added, { text: `text ${value}` });
        return `add image ${added}`;
    }
    const [network, its] = pick([...networks], which) ?? [];
    if (act === "network" && its && network) return `${network}: ${changeNetwork(its, value)}`;
    if (act === "remove network" && network !== undefined) {
        networks.delete(network);
        for (const one of guests.values())
            if (one.network === network) [one.network, one.address] = [undefined, undefined];
        return `remove network ${network}`;
    }
    const [image, content] = pick([...images], which) ?? [];
    if (act === "image" && content) return `${image}: ${(content.text = `text ${value}`)}`;
    if (act === "remove image" && image !== undefined) {
        images.delete(image);
        for (const { disks } of guests.values()) disks.delete(image);
        return `remove image ${image}`;
    }
    if (act === "remove guest") {
        guests.delete(name!);
        return `remove guest ${name}`;
    }
    if (act === "rename") {
        guests.delete(name!);
        const renamed = `g${program.named++}`;
        guests.set(renamed, { ...guest!, aliases: [...guest!.aliases, name!] });
        return `rename ${name} to ${renamed}`;
    }
    return `${name}: ${changeGuest(guest!, program, value, keeps ? 1 : hosts)}`;
}

const ACTS = [
    ...["add guest", "add guest", "add network", "add image", "network", "image", "rename"],
    ...["remove guest", "remove network", "remove image", ...Array(10).fill("guest")],
];

function changeNetwork(network: { last: number; mtu: number; records: string[] }, value: number): string {
    const part = value % 3;
    if (part === 0) return `last address ${(network.last = 150 + (value % 100))}`;
    if (part === 1) return `mtu ${(network.mtu = 1400 + (value % 100))}`;
    network.records = value % 2 ? [] : [`name${value % 7}`];
    return `records ${network.records}`;
}

function changeGuest(guest: Guest, { networks, images }: Program, value: number, hosts: number): string {
    const rest = Math.floor(value / 10);
    switch (value % 10) {
        case 0:
            return `memory ${(guest.memory = 32 + (rest % 8) * 16)}`;
        case 1:
            return `args ${(guest.args = [`a${rest}`])}`;
        case 2:
            return `kernel ${(guest.kernel = rest % 3)}`;
        case 3: {
            const image = pick([...images.keys()], rest);
            if (image === undefined) return "no disk";
            if (guest.disks.delete(image)) return `without disk ${image}`;
            guest.disks.set(image, access(rest));
            return `disk ${image} ${access(rest)}`;
        }
        case 4:
        case 5: {
            guest.network = pick([undefined, ...of(networks, guest.host)], rest);
            guest.address = guest.network === undefined ? undefined : 10 + (guest.number % 80);
            return `network ${guest.network}`;
        }
        case 6:
            if (guest.network !== undefined)
                guest.address = rest % 3 === 0 ? undefined : 10 + (guest.number % 80) + 80 * (rest % 2);
            return `address ${guest.address}`;
        case 7:
            return `state ${(guest.state = pick(["running", "stopped", "paused", "running"] as const, rest)!)}`;
        case 8:
            return `autostart ${(guest.autostart = !guest.autostart)}`;
        default:
            if (rest % 3) return `deleteData ${(guest.deleteData = !guest.deleteData)}`;
            [guest.host, guest.network, guest.address] = [
                hosts > 1 ? (guest.host + 1) % hosts : guest.host,
                undefined,
                undefined,
            ];
            return `host ${guest.host}`;
    }
}

const access = (value: number) => pick(["persist", "read", "persist", "scratch"] as const, value)!;
const of = (networks: Program["networks"], host: number): string[] =>
    [...networks].flatMap(([name, network]) => (network.host === host ? [name] : []));

const TOKENS: Record<Kind, string> = {
    network: "unikernel:index:Network",
    blockImage: "pulumi-unikernel:index:BlockImage",
    unikernel: "pulumi-unikernel:index:Unikernel",
};

export const urnOf = (kind: Kind, name: string): string => `urn:pulumi:dev::faults::${TOKENS[kind]}::${name}`;

/** Return the resources of a program, each after what it needs. @param adopted URNs of resources with `adopt: true` */
export function declaredBy(program: Program, files: Files, adopted: Set<string>): Declared[] {
    const { networks, images, guests } = program;
    const uri = (host: number): string => files.uris[host]!;
    const adopt = (urn: string): Properties => (adopted.has(urn) ? { adopt: true } : {});
    return [
        ...[...networks].map(([name, { host, last, mtu, records }]): Declared => {
            const urn = urnOf("network", name);
            const net = Number(name.slice(1)) % 250;
            return {
                kind: "network",
                urn,
                args: () => ({
                    name,
                    connection: uri(host),
                    mode: "isolated",
                    ipv4: { address: `10.9.${net}.1/24`, dhcp: { start: `10.9.${net}.2`, end: `10.9.${net}.${last}` } },
                    mtu,
                    hosts: records.map((record) => ({ name: record, address: `10.9.${net}.250` })),
                    ...adopt(urn),
                }),
            };
        }),
        ...[...images].map(([name, { text }]): Declared => {
            const urn = urnOf("blockImage", name);
            return { kind: "blockImage", urn, args: () => ({ source: files.source(name, text), format: "raw" }) };
        }),
        ...[...guests].map(([name, guest]): Declared => {
            const urn = urnOf("unikernel", name);
            return {
                kind: "unikernel",
                urn,
                aliases: guest.aliases.map((alias) => urnOf("unikernel", alias)),
                args: (outputs) => ({
                    ...argsOf(guest, outputs),
                    kernel: files.kernels[guest.kernel],
                    initrd: files.initrd,
                    connection: uri(guest.host),
                    ...adopt(urn),
                }),
            };
        }),
        ...membersOf(program, files, adopt),
    ];
}

/** Return whether a guest configures its address itself, and has a name in its network. */
export const isNamed = ({ number }: Guest): boolean => number % 2 === 1;

function argsOf(guest: Guest, outputs: (urn: string) => Properties): Properties {
    const { network, address, number } = guest;
    const net = network === undefined ? 0 : Number(network.slice(1)) % 250;
    const mac = `52:54:00:fa:${(number >> 8).toString(16).padStart(2, "0")}:${(number & 255).toString(16).padStart(2, "0")}`;
    return {
        platform: "kvm",
        accelerator: "tcg",
        memory: guest.memory,
        args: ["server", ...guest.args],
        blocks: [...guest.disks].map(([image, access]) => {
            const { digest, format } = outputs(urnOf("blockImage", image));
            return { name: image, digest, format, access };
        }),
        interfaces: [
            network === undefined
                ? { mac, attach: { user: { forward: [{ host: 20_000 + number, guest: 80 }] } }, ipv4: "dhcp" }
                : {
                      mac,
                      attach: { network: outputs(urnOf("network", network)).name ?? network },
                      ipv4:
                          address === undefined
                              ? "dhcp"
                              : isNamed(guest)
                                ? { address: `10.9.${net}.${address}/24`, name: `host${number}` }
                                : { reserve: `10.9.${net}.${address}` },
                  },
        ],
        state: guest.state,
        autostart: guest.autostart,
        deleteData: guest.deleteData,
        shutdownTimeout: 0,
    };
}
