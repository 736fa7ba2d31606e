import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Host } from "../../../backends/libvirt/host";
import { endOperation } from "../../../backends/libvirt/lifecycle/network/inProgress";
import { activeTokens } from "../../../backends/libvirt/lifecycle/ownership/claimFile";
import { forgetRun } from "../../../core/identityOwners";
import { forgetNetworks } from "../../../core/network/inProgram";
import { forgetRollOuts } from "../../../core/rollOut";
import { forgetClaims } from "../../../core/unikernel/check/claims";
import { forgetChecks } from "../../../core/unikernel/diff/replacing";
import { forgetPlaces } from "../../../core/unikernel/place";
import { cacheFolder } from "../../../localFiles";
import { UnikernelError } from "../../../model";
import type { FaultHost } from "./faultHost";

/** What happens to a run of the engine, and at which of its calls to the hosts, counted from 0. */
export interface Fault {
    kind: "none" | "kill" | "unreachable" | "lost" | "full" | "other run";
    at: number;
    /** How many calls it lasts; a kill lasts. */
    calls: number;
    /** The host that it is on, by its index. A kill is on all of them. */
    host: number;
}

export class Killed extends Error {
    override readonly name = "Killed";
}

/** Calls that need room on the host's disk. */
const WRITES = ["files.put", "files.putNew", "files.copy", "domains.define", "networks.define"];

let processes = 0;

/** A process with the provider in it, as long as a run of the engine. After a kill none of its calls ends. */
export class RunProcess {
    private readonly calls = new Map<FaultHost | undefined, number>();
    private dead = false;
    private readonly number = ++processes;
    private readonly views = new Map<FaultHost, Host>();
    private kill: (error: Killed) => void = () => undefined;
    private readonly death = new Promise<never>((_, reject) => (this.kill = reject));
    reached = false;
    /** Called after each change of a domain. */
    onChange: () => void = () => undefined;

    /** @param other what another run does meanwhile, for a fault of that kind */
    constructor(
        private readonly hosts: FaultHost[],
        private readonly fault: Fault,
        private readonly other: () => Promise<void> = async () => undefined,
    ) {
        this.death.catch(() => undefined);
    }

    /** Return the result of work in this process. @throws Killed where the process ends first */
    race<T>(work: Promise<T>): Promise<T> {
        return Promise.race([work, this.death]);
    }

    /** Return a host as this process sees it. */
    view(host: FaultHost): Host {
        const known = this.views.get(host);
        if (known) return known;
        const made = this.wrap<Host>(host, "", host);
        this.views.set(host, made);
        return made;
    }

    private wrap<T extends object>(target: T, path: string, host: FaultHost): T {
        return new Proxy(target, {
            get: (object, key) => {
                const value: unknown = Reflect.get(object, key, object);
                const name = `${path}${String(key)}`;
                // What is serialised by the host's URI waits in its own process only.
                if (name === "uri") return `${host.uri}?process=${this.number}`;
                if (typeof value === "object" && value !== null) return this.wrap(value, `${name}.`, host);
                if (typeof value !== "function") return value;
                return (...args: unknown[]) =>
                    this.call(name, host, () => Reflect.apply(value, object, args) as Promise<unknown>);
            },
        });
    }

    private async call(name: string, host: FaultHost, act: () => Promise<unknown>): Promise<unknown> {
        if (this.dead) return new Promise(() => undefined);
        const { kind, at, calls } = this.fault;
        const here = this.hosts[this.fault.host % this.hosts.length] === host;
        // A kill is at a call to any host, what happens to a host at one of its own.
        const counted = kind === "kill" || kind === "other run" ? undefined : host;
        const number = this.calls.get(counted) ?? 0;
        this.calls.set(counted, number + 1);
        const within = number >= at && number < at + calls;
        if (kind === "kill" && number === at) {
            this.reached = true;
            // Before or after the call.
            if (calls % 2 === 0) await act().catch(() => undefined);
            return this.die();
        }
        // libvirt 9.0 changes the mark of a network by a definition of the whole: what is read right before it is all that can
        // be compared.
        if (kind === "other run" && number >= at && !this.reached && name !== "networks.define") {
            this.reached = true;
            await this.other();
        }
        if (here && within && kind === "full" && WRITES.includes(name)) {
            this.reached = true;
            throw new UnikernelError("no-space", "no space left on the host");
        }
        if (here && within && (kind === "unreachable" || kind === "lost")) {
            this.reached = true;
            if (kind === "lost" && number === at) await act().catch(() => undefined);
            throw new UnikernelError("unreachable", `cannot reach ${host.uri}: connection reset by peer`);
        }
        const result = await act();
        if (/^domains\.(?!get|list)/.test(name)) this.onChange();
        return result;
    }

    private die(): Promise<never> {
        this.dead = true;
        this.kill(new Killed("the process was killed"));
        return new Promise(() => undefined);
    }
}

/** Forget what a process of the provider holds in memory, and let its notes be those of a process that has ended. */
export async function endProcess(uuids: string[]): Promise<void> {
    forgetRun();
    forgetClaims();
    forgetNetworks();
    forgetChecks();
    forgetRollOuts();
    forgetPlaces();
    activeTokens.clear();
    for (const uuid of uuids) endOperation(uuid);
    const folder = cacheFolder("creations");
    for (const name of await readdir(folder).catch(() => [])) {
        const note = join(folder, name);
        const text = await readFile(note, "utf8");
        // Above the highest pid of Linux (proc(5): pid_max).
        await writeFile(note, text.replace(`~${process.pid}~`, `~${2 ** 22 + 1}~`));
    }
}
