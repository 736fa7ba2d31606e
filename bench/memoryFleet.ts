import { setTimeout as sleep } from "node:timers/promises";
import { createBackends } from "../backends";
import type { Host } from "../backends/libvirt/host";
import { unikernelHandlers } from "../core/unikernel";
import { MemoryHost } from "./memoryHost";

type Properties = Record<string, unknown>;

export interface MemoryFleetOptions {
    /** Part of each URN and connection: two fleets of a process share nothing. */
    fleet: string;
    kernel: string;
    /** Hosts over which the members are placed. With one, its connection is declared, and no list of hosts. */
    hosts: number;
    /** Milliseconds by which each call to the first host takes longer. @default 0 */
    delay?: number;
}

/** Guests on hosts in this process, by the bare handlers. */
export interface MemoryFleet {
    handlers: ReturnType<typeof unikernelHandlers>;
    /** Connections, the slow one first. */
    connections: string[];
    /** Return the arguments of a member. */
    args(number: number): Properties;
    /** Return the number of domains and folders of guests on all hosts. */
    left(): Promise<number>;
}

export function memoryFleet({ fleet, kernel, hosts: count, delay = 0 }: MemoryFleetOptions): MemoryFleet {
    const hosts = new Map<string, MemoryHost>();
    for (let number = 0; number < count; number++) {
        const uri = `qemu:///system?fleet=${fleet}&host=${number}`;
        const uuid = `7a1d3d0c-52a6-4a43-9a5f-${number.toString(16).padStart(12, "0")}`;
        hosts.set(uri, new MemoryHost(uri, { uuid, hostname: `memory-${number}`, memory: 1 << 20 }));
    }
    const connections = [...hosts.keys()];
    const reached = new Map<string, Host>(hosts);
    const [first] = hosts;
    if (first && delay > 0) reached.set(first[0], delayed(first[1], delay));
    const backend = createBackends(async (uri) => found(reached, uri)).kvm;
    if (!backend) throw new Error("this release has no KVM backend");
    const where: Properties =
        count > 1
            ? { hosts: connections.map((connection, number) => ({ name: `memory-${number}`, connection })) }
            : { connection: connections[0] };
    return {
        handlers: unikernelHandlers({
            backend: () => backend,
            creator: { user: "bench", machine: "bench", project: "0123456789abcdef" },
            log: () => undefined,
        }),
        connections,
        args: (number) => ({
            resourceUrn: `urn:pulumi:bench::growth::pulumi-unikernel:index:Unikernel::${fleet}-${number}`,
            platform: "kvm",
            ...where,
            kernel,
            memory: 64,
            env: { NUMBER: String(number) },
            interfaces: [
                {
                    mac: macOf(number),
                    attach: { user: { forward: [{ host: 10_000 + number, guest: 80 }] } },
                    ipv4: "dhcp",
                },
            ],
        }),
        left: async () => {
            const each = await Promise.all(
                [...hosts.values()].map(async ({ domains, files }) => [
                    ...(await domains.list()),
                    ...((await files.guests()) ?? []),
                ]),
            );
            return each.flat().length;
        },
    };
}

/** Return a locally administered MAC address. */
function macOf(number: number): string {
    const hex = number.toString(16).padStart(4, "0");
    return `52:54:00:be:${hex.slice(0, 2)}:${hex.slice(2)}`;
}

function found(hosts: Map<string, Host>, uri: string): Host {
    const host = hosts.get(uri);
    if (!host) throw new Error(`there is no host at ${uri}`);
    return host;
}

/** Return a host each of whose calls takes some milliseconds longer, as over a long way. */
function delayed(host: Host, milliseconds: number): Host {
    const later = <T extends object>(methods: T): T =>
        new Proxy(methods, {
            get: (target, name) => {
                const method: unknown = Reflect.get(target, name);
                if (typeof method !== "function") return method;
                return async (...args: unknown[]): Promise<unknown> => {
                    await sleep(milliseconds);
                    return Reflect.apply(method, target, args);
                };
            },
        });
    const whole = later(host);
    return new Proxy(whole, {
        get: (target, name) => {
            if (name === "domains" || name === "networks" || name === "files") return later(host[name]);
            return Reflect.get(target, name);
        },
    });
}
