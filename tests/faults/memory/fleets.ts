import { expandFleet } from "../../../model/fleet";
import type { Declared, Properties, State } from "./engine";
import type { FaultHost } from "./faultHost";
import { type Change, type Files, type Guest, type Program, urnOf } from "./program";

/** A fleet by a template, over all hosts. */
export interface Fleet {
    replicas: number;
    memory: number;
    kernel: number;
    args: string[];
    canary: number;
    maxUnavailable: number;
    /** What follows from its first name, and stays. */
    number: number;
}

const MOST = { fleets: 2, replicas: 5 };

/** Add a fleet, or change one. @returns the change in words */
export function changeFleet(
    { fleets }: Pick<Program, "fleets">,
    name: () => { name: string; number: number },
    { which, value }: Change,
    keeps: boolean,
): string {
    const known = [...fleets];
    const [changed, fleet] = known[which % Math.max(1, known.length)] ?? [];
    if (!fleet || (known.length < MOST.fleets && value % 3 === 0)) {
        const { name: added, number } = name();
        const replicas = 2 + (value % 3);
        fleets.set(added, {
            ...{ replicas, memory: 32, kernel: value % 3, args: [], canary: value % 2, number },
            maxUnavailable: 1 + (value % 2),
        });
        return `add fleet ${added} of ${replicas}`;
    }
    const rest = Math.floor(value / 10);
    switch (value % 10) {
        case 0:
        case 1:
            return `fleet ${changed}: memory ${(fleet.memory = 32 + (rest % 8) * 16)}`;
        case 2:
        case 3:
            return `fleet ${changed}: args ${(fleet.args = [`a${rest}`])}`;
        case 4:
        case 5:
            return `fleet ${changed}: kernel ${(fleet.kernel = rest % 3)}`;
        case 6: {
            const replicas = rest % (MOST.replicas + 1);
            // A member that is in no state and in no program is for `sweep`.
            if (!keeps || replicas > fleet.replicas) fleet.replicas = replicas;
            return `fleet ${changed}: replicas ${fleet.replicas}`;
        }
        case 7:
            return `fleet ${changed}: canary ${(fleet.canary = rest % 3)}`;
        case 8:
            return `fleet ${changed}: at most ${(fleet.maxUnavailable = 1 + (rest % 3))} out of service`;
        default:
            if (keeps || rest % 3) return "no change of a fleet";
            fleets.delete(changed!);
            return `remove fleet ${changed}`;
    }
}

/** Return the members of all fleets as resources. */
export function membersOf({ fleets }: Program, files: Files, adopt: (urn: string) => Properties): Declared[] {
    return [...fleets].flatMap(([name, fleet]) => {
        const { replicas, memory, kernel, args, canary, maxUnavailable, number } = fleet;
        const { members, ofMembers, problems } = expandFleet(name, {
            replicas,
            hosts: files.uris.map((connection, index) => ({ connection, name: `host${index}` })),
            template: {
                platform: "kvm",
                accelerator: "tcg",
                kernel: files.kernels[kernel],
                initrd: files.initrd,
                memory,
                args: ["server", "${name}", ...args],
                interfaces: [{ attach: { user: { forward: [{ guest: 80 }] } } }],
                shutdownTimeout: 0,
            },
            ports: { from: 30_000 + number * 10 },
            strategy: { canary: { count: Math.max(1, canary) }, maxUnavailable },
        });
        if (problems.length > 0) throw new Error(JSON.stringify(problems));
        return members.map((member): Declared => {
            const urn = urnOf("unikernel", member.name);
            const mac = `52:54:00:fb:${hex(number)}:${hex(member.index)}`;
            const interfaces = member.interfaces.map((one) => ({ mac, ipv4: "dhcp", ...one.args }));
            return {
                kind: "unikernel",
                urn,
                args: () => ({ ...member.unikernel, interfaces, rollOut: ofMembers, ...adopt(urn) }),
            };
        });
    });
}

/** Return a program whose guests are those that it declares and the members of its fleets, where state has them. */
export function withMembers(program: Program, state: State, uris: string[]): Program {
    const guests = new Map(program.guests);
    for (const [name, { replicas, memory, kernel, args, number }] of program.fleets)
        for (let index = 0; index < replicas; index++) {
            const member = `${name}-${index}`;
            const known = state.find(({ urn }) => urn === urnOf("unikernel", member));
            const host = uris.indexOf(String(known?.inputs.connection));
            const guest: Guest = {
                ...{ host, aliases: [], memory, kernel, args, disks: new Map(), state: "running", number },
                ...{ autostart: false, deleteData: false },
            };
            guests.set(member, guest);
        }
    return { ...program, guests };
}

/** The members of each fleet that serve, and the fewest that did while it was watched. */
export class Service {
    private readonly watched: { name: string; urns: Set<string>; least: number; fewest: number }[];

    /** @param state before the run: a member that it does not have, or that the program does not keep, is not counted */
    constructor(
        private readonly hosts: FaultHost[],
        { fleets }: Program,
        state: State,
    ) {
        this.watched = [...fleets].map(([name, { replicas, maxUnavailable }]) => {
            const urns = Array.from({ length: replicas }, (_, index) => urnOf("unikernel", `${name}-${index}`));
            const kept = new Set(urns.filter((one) => state.some(({ urn }) => urn === one)));
            const before = this.serving(kept);
            return { name, urns: kept, least: Math.min(before, kept.size - maxUnavailable), fewest: before };
        });
    }

    look(): void {
        for (const one of this.watched) one.fewest = Math.min(one.fewest, this.serving(one.urns));
    }

    /** Return the fleets of which fewer were in service than their strategy allows. */
    problems(): string[] {
        return this.watched
            .filter(({ fewest, least }) => fewest < least)
            .map(({ name, fewest, least }) => `fleet ${name} had ${fewest} in service, allowed are ${least}`);
    }

    isOff(urn: string): boolean {
        return this.serving(new Set([urn])) === 0;
    }

    private serving(urns: Set<string>): number {
        const serving = new Set<string>();
        for (const host of this.hosts)
            for (const { active, state, inactiveXml } of host.records()) {
                const [, urn = ""] = /urn=["']([^"']+)/.exec(inactiveXml) ?? [];
                if (active && state === "running" && /phase=["']ready/.test(inactiveXml) && urns.has(urn))
                    serving.add(urn);
            }
        return serving.size;
    }
}

const hex = (value: number): string => (value & 255).toString(16).padStart(2, "0");
