import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { forgetRollOuts } from "../../../core/rollOut";
import { bzImage } from "../../unit/core/kernels";
import { differences, type Ledger } from "./compare";
import { edit } from "./edits";
import { Engine, type Outcome, type State } from "./engine";
import { FaultHost } from "./faultHost";
import { Service, withMembers } from "./fleets";
import { endProcess, type Fault, RunProcess } from "./process";
import { type Change, change, declaredBy, emptyProgram, type Files, urnOf } from "./program";

/** One round: changes of the program, a run with a fault, what others do then, and a run that is to mend all of it. */
export interface Round {
    changes: Change[];
    fault: Fault;
    edits: Change[];
    /** State is restored from so many rounds ago; 0: it is not. */
    restored: number;
}

const NO_FAULT: Fault = { kind: "none", at: 0, calls: 0, host: 0 };
const HOSTS = ["0b7c1a52-0000-4000-8000-000000000001", "0b7c1a52-0000-4000-8000-000000000002"];
/** How often a run may ask for another one, as where two guests exchange what only one of them can have. */
const RUNS = 2;
/** A roll-out without a reserve: the error names the members that are out of service. */
const OUT_OF_SERVICE = /is not stopped, and stays as it is/;

/** A sequence of rounds over hosts of its own, with the cache of a user of its own. */
export class Sequence {
    readonly said: string[] = [];
    readonly reached: string[] = [];
    private readonly folder = mkdtempSync(join(tmpdir(), "pulumi-unikernel-faults-"));
    private readonly hosts = HOSTS.map((uuid, index) => new FaultHost(`qemu:///system?host=${index}`, uuid));
    private readonly program = emptyProgram();
    private readonly ledger: Ledger = new Map();
    private readonly past: State[] = [];
    private state: State = [];
    private readonly files: Files = {
        kernels: [0, 1, 2].map((number) => this.file(`kernel-${number}`, bzImage(`kernel ${number}`))),
        initrd: this.file("initrd", Buffer.from("initrd")),
        source: (name, text) => this.file(`${name}.txt`, Buffer.from(text)),
        uris: this.hosts.map(({ uri }) => uri),
    };

    async play(rounds: Round[]): Promise<void> {
        const { XDG_CACHE_HOME: cache } = process.env;
        process.env.XDG_CACHE_HOME = join(this.folder, "cache");
        try {
            for (const round of rounds) await this.round(round);
            await this.end();
        } finally {
            if (cache === undefined) delete process.env.XDG_CACHE_HOME;
            else process.env.XDG_CACHE_HOME = cache;
            rmSync(this.folder, { recursive: true });
        }
    }

    private async round({ changes, fault, edits, restored }: Round): Promise<void> {
        for (const one of changes)
            this.say(`change: ${change(this.program, one, this.hosts.length, restored > 0, true)}`);
        if (fault.kind !== "none") {
            this.say(`fault: ${JSON.stringify(fault)}`);
            this.tell("up", await this.up(fault));
        }
        for (const one of edits) this.say(await edit(this.hosts, one));
        const before = restored > 0 ? this.lost(restored) : undefined;
        if (before) {
            this.say(`state is restored from ${restored} rounds ago`);
            this.state = structuredClone(before);
        }
        if (edits.length > 0 || before) this.tell("refresh", await this.refresh());
        await this.mend(before !== undefined || fault.kind === "other run");
        await this.compare();
        this.past.push(structuredClone(this.state));
    }

    /** Run until the program is declared. */
    private async mend(restored: boolean): Promise<void> {
        const adopted = new Set<string>();
        for (let runs = 0; ; runs++) {
            const outcome = await this.up(NO_FAULT, adopted);
            this.tell("up", outcome);
            if (outcome.errors.length === 0) return;
            if (outcome.errors.some((error) => OUT_OF_SERVICE.test(error)) && runs < RUNS) {
                await this.bringBack();
                continue;
            }
            if (runs === RUNS || !restored) this.fail("up failed", outcome.errors);
            // The state of these was lost, and the error says how to take them over.
            for (const { urn } of declaredBy(this.program, this.files, adopted))
                if (outcome.errors.some((error) => error.startsWith(`${urn.split("::").at(-1)}: `))) adopted.add(urn);
        }
    }

    /** Do what the error says: members that are out of service come back first, each by `pulumi up --target`. */
    private async bringBack(): Promise<void> {
        const members = this.declared().filter(({ urn }) => /::f\d+-\d+$/.test(urn));
        const off = members.filter(({ urn }) => new Service(this.hosts, this.program, this.state).isOff(urn));
        for (const one of off)
            this.tell("up --target", await this.inProcess(NO_FAULT, (engine) => engine.up([one], { target: true })));
    }

    /**
     * Return the state of so many rounds ago; undefined where it does not have a guest that was renamed since, which only an
     * import finds again.
     */
    private lost(rounds: number): State | undefined {
        const state = this.past.at(-rounds);
        const has = (name: string): boolean => state?.some(({ urn }) => urn === urnOf("unikernel", name)) ?? false;
        const members = [...this.program.fleets].flatMap(([name, { replicas }]) =>
            Array.from({ length: replicas }, (_, index) => `${name}-${index}`),
        );
        // A member whose host did not answer at its create is on another, which only state knows.
        if (!members.every(has)) return undefined;
        const found = [...this.program.guests].every(
            ([name, { aliases }]) => aliases.length === 0 || [name, ...aliases].some(has),
        );
        return found ? state : undefined;
    }

    private async compare(): Promise<void> {
        for (const host of this.hosts) host.write();
        const program = withMembers(this.program, this.state, this.files.uris);
        const found = await differences(this.hosts, program, this.state, this.ledger);
        if (found.length > 0) this.fail("after up, the hosts are not as declared", found);
        const refreshed = await this.refresh();
        if (refreshed.errors.length > 0) this.fail("refresh failed", refreshed.errors);
        const planned = await this.inProcess(NO_FAULT, (engine) => engine.preview(this.declared()));
        if (planned.length > 0) this.fail("the next preview is not empty", planned);
    }

    private async end(): Promise<void> {
        const { networks, images, guests, fleets } = this.program;
        for (const declared of [networks, images, guests, fleets]) declared.clear();
        this.say("destroy");
        this.tell("up", await this.up(NO_FAULT));
        const found = await differences(this.hosts, this.program, this.state, this.ledger);
        if (found.length > 0) this.fail("after destroy, something is left", found);
    }

    private async up(fault: Fault, adopted?: Set<string>): Promise<Outcome> {
        const mine = this.state;
        let its: State | undefined;
        // After a forced `pulumi cancel`: both runs begin with one state, and of what they write one is lost.
        const other = async (): Promise<void> => {
            its = structuredClone(mine);
            const engine = new Engine(this.hosts, new RunProcess(this.hosts, NO_FAULT), its);
            // Each of the two has the roll-outs of its own process.
            forgetRollOuts();
            this.tell("up of another run", await engine.up(this.declared()));
            forgetRollOuts();
        };
        const outcome = await this.inProcess(fault, (engine) => engine.up(this.declared(adopted)), other);
        if (its && fault.calls % 2) this.state = its;
        return outcome;
    }

    private refresh(): Promise<Outcome> {
        return this.inProcess(NO_FAULT, (engine) => engine.refresh());
    }

    private async inProcess<T>(
        fault: Fault,
        work: (engine: Engine) => Promise<T>,
        other?: () => Promise<void>,
    ): Promise<T> {
        const process = new RunProcess(this.hosts, fault, other);
        const service = new Service(this.hosts, this.program, this.state);
        process.onChange = () => service.look();
        const result = await work(new Engine(this.hosts, process, this.state));
        // Of two runs at once, each takes a member out of service.
        const tooFew = fault.kind === "other run" ? [] : service.problems();
        if (tooFew.length > 0) this.fail("too few are in service", tooFew);
        if (process.reached) this.reached.push(fault.kind);
        await endProcess(this.state.map(({ id }) => id));
        return result;
    }

    private declared(adopted = new Set<string>()) {
        return declaredBy(this.program, this.files, adopted);
    }

    private file(name: string, content: Buffer): string {
        const folder = join(this.folder, "files");
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, name), content);
        return join(folder, name);
    }

    private say(text: string): void {
        this.said.push(text);
    }

    private tell(what: string, { killed, errors, done }: Outcome): void {
        this.say(`${what}: ${done.join(", ") || "nothing"}${killed ? "; killed" : ""}`);
        for (const error of errors) this.say(`  ${error.split("\n").join("\n    ")}`);
    }

    private fail(what: string, found: string[]): never {
        throw new Error([`${what}:`, ...found.map((text) => `- ${text}`), "after:", ...this.said].join("\n"));
    }
}
