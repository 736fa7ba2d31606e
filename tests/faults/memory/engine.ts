import { isDeepStrictEqual } from "node:util";
import { createBackends, hostNetworks } from "../../../backends";
import { blockImageHandlers } from "../../../core/blockImage";
import type { Handlers } from "../../../core/handlers";
import { networkHandlers } from "../../../core/network";
import { unikernelHandlers } from "../../../core/unikernel";
import { messageOf } from "../../../model";
import { alice } from "../../support/plans";
import type { FaultHost } from "./faultHost";
import { Killed, type RunProcess } from "./process";

export type Properties = Record<string, unknown>;
export type Kind = "network" | "blockImage" | "unikernel";

/** A resource of a program; its arguments may need the outputs of those before it. */
export interface Declared {
    kind: Kind;
    urn: string;
    /** Its former URNs, where the program gives aliases. */
    aliases?: string[];
    args(outputs: (urn: string) => Properties): Properties;
}

/** A resource in state. */
export interface Resource {
    kind: Kind;
    urn: string;
    id: string;
    inputs: Properties;
    outs: Properties;
    /** It is there, but its last operation has failed. */
    partial?: boolean;
}

export type State = Resource[];

/** The errors of a run. */
export interface Outcome {
    killed: boolean;
    errors: string[];
    /** What the run did, as `create URN`. */
    done: string[];
}

/**
 * One run of an engine: check, diff and the operation of each resource in turn, as Pulumi's engine does with
 * --parallel 1. State is written after each operation, as a checkpoint is.
 */
export class Engine {
    readonly outcome: Outcome = { killed: false, errors: [], done: [] };
    private readonly handlers: Record<Kind, Handlers>;

    constructor(
        hosts: FaultHost[],
        private readonly process: RunProcess,
        readonly state: State,
    ) {
        const open = async (uri: string) => {
            const host = hosts.find((one) => one.uri === uri);
            if (!host) throw new Error(`there is no host ${uri}`);
            return process.view(host);
        };
        const { kvm } = createBackends(open);
        const services = { creator: alice, log: () => undefined };
        this.handlers = {
            unikernel: unikernelHandlers({ ...services, backend: () => kvm! }),
            network: networkHandlers({
                ...services,
                networks: hostNetworks(open),
                defaultConnection: () => hosts[0]!.uri,
            }),
            blockImage: blockImageHandlers(services),
        };
    }

    /** `pulumi up`. @param options.target of a part of the program: the rest stays as it is */
    async up(program: Declared[], { target = false } = {}): Promise<Outcome> {
        return this.run(async () => {
            for (const one of program) await this.step(one);
            // The engine deletes nothing after a failure.
            if (this.outcome.errors.length > 0 || target) return;
            for (const { urn, kind, id, outs } of this.inOrder().reverse())
                if (!program.some((one) => one.urn === urn))
                    await this.attempt(urn, async () => {
                        await this.act("delete", urn, this.handlers[kind].delete(id, outs));
                        this.drop(urn);
                    });
        });
    }

    /** `pulumi refresh`. */
    async refresh(): Promise<Outcome> {
        return this.run(async () => {
            for (const { urn, kind, id, outs } of [...this.state])
                await this.attempt(urn, async () => {
                    const found = await this.process.race(this.handlers[kind].read(id, outs));
                    if (found.id === "") return this.drop(urn);
                    const one = this.find(urn);
                    // The next check gets the drifted values as olds, as from Pulumi's engine.
                    if (one)
                        Object.assign(one, { outs: found.props, inputs: found.inputs ?? one.inputs, partial: false });
                });
        });
    }

    /** Return what a run would do, in words. */
    async preview(program: Declared[]): Promise<string[]> {
        const found: string[] = [];
        await this.run(async () => {
            for (const one of program)
                await this.attempt(one.urn, async () => {
                    const known = this.find(one.urn);
                    const inputs = await this.check(one, known?.inputs ?? {});
                    if (!known) found.push(`create ${one.urn}`);
                    else {
                        const { changes, replaces } = await this.diff(known, inputs);
                        const said = this.handlers[one.kind].differences?.(known.outs, inputs) ?? [];
                        if (changes)
                            found.push(
                                `${replaces.length > 0 ? "replace" : "update"} ${one.urn} ${JSON.stringify(said)}`,
                            );
                    }
                });
            for (const { urn } of this.state) if (!program.some((one) => one.urn === urn)) found.push(`delete ${urn}`);
        });
        return [...found, ...this.outcome.errors];
    }

    private async run(work: () => Promise<void>): Promise<Outcome> {
        try {
            await work();
        } catch (error) {
            if (!(error instanceof Killed)) throw error;
            this.outcome.killed = true;
        }
        return this.outcome;
    }

    private async step(declared: Declared): Promise<void> {
        const { kind, urn, aliases = [] } = declared;
        const known = [urn, ...aliases].map((one) => this.find(one)).find((one) => one !== undefined);
        await this.attempt(urn, async () => {
            const handlers = this.handlers[kind];
            const inputs = await this.check(declared, known?.inputs ?? {});
            if (!known) return this.create(declared, inputs);
            if (known.urn !== urn) known.urn = urn;
            const { changes, replaces } = await this.diff(known, inputs);
            if (replaces.length > 0) {
                const fresh = await this.check(declared, {});
                await this.act("delete for", urn, handlers.delete(known.id, known.outs));
                this.drop(urn);
                return this.create(declared, fresh);
            }
            if (!changes && !known.partial) return void (known.inputs = inputs);
            const { outs } = await this.act("update", urn, handlers.update(known.id, known.outs, inputs), inputs);
            Object.assign(known, { inputs, outs, partial: false });
        });
    }

    private async check({ kind, urn, args }: Declared, olds: Properties): Promise<Properties> {
        const given = args((other) => this.find(other)?.outs ?? {});
        const { inputs, failures } = await this.process.race(
            this.handlers[kind].check(olds, { resourceUrn: urn, ...given }),
        );
        if (failures.length > 0)
            throw new Error(failures.map(({ property, reason }) => `${property}: ${reason}`).join("\n"));
        return inputs;
    }

    private async diff({ kind, id, inputs: olds, outs }: Resource, inputs: Properties) {
        const { changes, replaces } = await this.process.race(this.handlers[kind].diff(id, outs, inputs));
        // Undefined: the engine compares the inputs itself.
        return { changes: changes ?? !isDeepStrictEqual(olds, inputs), replaces };
    }

    private async create({ kind, urn }: Declared, inputs: Properties): Promise<void> {
        const { id, outs } = await this.act("create", urn, this.handlers[kind].create(inputs), inputs);
        this.put({ kind, urn, id, inputs, outs });
    }

    private async act<T>(what: string, urn: string, work: Promise<T>, inputs?: Properties): Promise<T> {
        this.outcome.done.push(`${what} ${urn.split("::").at(-1)}`);
        try {
            return await this.process.race(work);
        } catch (error) {
            const { id, properties } = error as { id?: string; properties?: Properties };
            const kind = kindOf(urn);
            if (inputs && id !== undefined && properties)
                this.put({ kind, urn, id, inputs, outs: properties, partial: true });
            throw error;
        }
    }

    private async attempt(urn: string, work: () => Promise<void>): Promise<void> {
        try {
            await work();
        } catch (error) {
            if (error instanceof Killed) throw error;
            this.outcome.errors.push(`${urn.split("::").at(-1)}: ${messageOf(error)}`);
        }
    }

    /** Return the resources, each after what it may depend on. */
    private inOrder(): State {
        const rank: Record<Kind, number> = { network: 0, blockImage: 1, unikernel: 2 };
        return [...this.state].sort((one, other) => rank[one.kind] - rank[other.kind]);
    }

    private find(urn: string): Resource | undefined {
        return this.state.find((one) => one.urn === urn);
    }

    private put(resource: Resource): void {
        const index = this.state.findIndex(({ urn }) => urn === resource.urn);
        if (index < 0) this.state.push(resource);
        else this.state[index] = resource;
    }

    private drop(urn: string): void {
        this.state.splice(
            this.state.findIndex((one) => one.urn === urn),
            1,
        );
    }
}

const kindOf = (urn: string): Kind =>
    urn.includes("Network::") ? "network" : urn.includes("BlockImage::") ? "blockImage" : "unikernel";
