// A fleet on a host in memory, and an engine that changes it: as many members at once as `parallel` says, in any order that the
// dependencies allow, with failures, in a time of its own.
import { fleetMembers, whyNotInService } from "../../../backends/libvirt/lifecycle/observe/fleetMembers";
import { readMark } from "../../../backends/libvirt/xml";
import { writeElement } from "../../../backends/libvirt/xml/element";
import { markElement } from "../../../backends/libvirt/xml/mark";
import { MemoryHost } from "../../../bench/memoryHost";
import { forecast } from "../../../core/rollOut/line";
import type { MemberChange } from "../../../core/rollOut/notes";
import { type Member, Turns } from "../../../core/rollOut/turns";
import { siblingUrn } from "../../../core/rollOut/urns";
import type { MemberRollOut } from "../../../model";

export interface Scenario {
    changes: MemberChange[];
    maxUnavailable: number;
    canary: { count: number; bake: number };
    pause: number;
    minInService?: number;
    parallel: number;
    /** Members that do not become ready, by index; `lost`: nor does what they were before. */
    fails: { index: number; lost: boolean }[];
    /** A member that was killed outside, and that state has running. */
    killed?: number;
    /** Members whose order the engine does not keep. */
    unordered: boolean;
    seed: number;
}

export interface Outcome {
    /** The line of the preview, and what it promises to keep in service; undefined where nothing is stopped. */
    line: string;
    kept?: number;
    problem?: string;
    /** Members in service at first, and the fewest at any time. */
    before: number;
    fewest: number;
    results: ("unchanged" | "changed" | "failed" | "refused" | "not begun")[];
    /** Members that began to change after the first failure was known. */
    late: number[];
}

const URN = "urn:pulumi:dev::shop::pkg:index:Fleet$pkg:index:Unikernel::web-0";
const uuidAt = (index: number) => `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;
const urnAt = (index: number) => siblingUrn(URN, "web", index);

function definition(index: number, phase: "creating" | "updating" | "ready"): string {
    const creator = { user: "a", machine: "b", project: "c" };
    const mark = markElement({
        schemaVersion: 2,
        urn: urnAt(index),
        creator,
        bootDigest: "0",
        phase,
        since: "2026-01-01T00:00:00.000Z",
    } as Parameters<typeof markElement>[0]);
    return `<domain type="qemu"><name>web-${index}-x</name><uuid>${uuidAt(index)}</uuid><metadata>${writeElement(mark)}</metadata></domain>`;
}

/** Runs waiting work one step at a time, in an order that follows from a number. */
class Driver {
    private readonly waiting: { at: number; go(): void }[] = [];
    now = 0;
    constructor(private state: number) {}

    random(below: number): number {
        this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
        return Math.floor((this.state / 2 ** 32) * below);
    }

    wait(milliseconds: number): Promise<void> {
        return new Promise((go) => void this.waiting.push({ at: this.now + milliseconds, go }));
    }

    /** @throws Error when work is left that waits for nothing that can happen */
    async run(isDone: () => boolean): Promise<void> {
        for (let steps = 0; !isDone(); steps++) {
            for (let turns = 0; turns < 20 && this.waiting.length === 0 && !isDone(); turns++) await soon();
            if (isDone()) return;
            if (this.waiting.length === 0) throw new Error("deadlock");
            if (steps > 10_000) throw new Error("no end");
            await soon();
            const next = Math.min(...this.waiting.map(({ at }) => at));
            const due = this.waiting.filter(({ at }) => at <= Math.max(next, this.now));
            const one = due[this.random(due.length)]!;
            this.waiting.splice(this.waiting.indexOf(one), 1);
            this.now = Math.max(this.now, one.at);
            one.go();
        }
    }
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Change a fleet once. */
export async function simulate(scenario: Scenario): Promise<Outcome> {
    const { changes, maxUnavailable, canary, pause, minInService, parallel, fails, killed, unordered } = scenario;
    const host = new MemoryHost("test:///fleet");
    const driver = new Driver(scenario.seed);
    const turns = new Turns({ now: () => driver.now, sleep: (milliseconds) => driver.wait(milliseconds) });
    const replicas = changes.length;
    const rollOut: MemberRollOut = {
        ...{ fleet: "web", replicas, canary, maxUnavailable, pause, minReady: 0, idle: [], connections: [] },
        ...(minInService === undefined ? {} : { minInService }),
    };
    for (const [index, change] of changes.entries()) {
        if (change === "create") continue;
        await host.domains.define(definition(index, "ready"));
        if (index !== killed) await host.domains.start(uuidAt(index), { paused: false });
    }
    const inService = async (): Promise<number> => {
        const records = await Promise.all(changes.map((_, index) => host.domains.get(uuidAt(index))));
        return records.filter(
            (record) =>
                record &&
                whyNotInService({ record, liveMark: record.liveXml ? readMark(record.liveXml) : undefined }) ===
                    undefined,
        ).length;
    };
    const { line, problem } = forecast({
        ...rollOut,
        former: replicas,
        notes: new Map(
            changes.map((change, index) => [
                index,
                { change, runs: true, inState: change !== "create", inService: change !== "create" },
            ]),
        ),
    });
    const promised = /at least (\d+) of/.exec(line)?.[1];
    const results: Outcome["results"] = changes.map((change) => (change === "none" ? "unchanged" : "not begun"));
    const late: number[] = [];
    const before = await inService();
    let fewest = before;
    let failed = false;
    const step = async (): Promise<void> => {
        fewest = Math.min(fewest, await inService());
        await driver.wait(driver.random(3) * 1000);
    };
    const boot = async (index: number, ready: boolean, phase: "creating" | "updating" = "updating"): Promise<void> => {
        await host.domains.define(definition(index, phase));
        await host.domains.start(uuidAt(index), { paused: false });
        await step();
        if (!ready) throw new Error("not ready");
        await step();
        await host.domains.define(definition(index, "ready"));
        await host.domains.destroy(uuidAt(index));
        await host.domains.start(uuidAt(index), { paused: false });
    };
    const change = async (index: number): Promise<void> => {
        const failure = fails.find((one) => one.index === index);
        const kind = changes[index]!;
        const member: Member = {
            ...{ urn: urnAt(index), index, rollOut, log: () => undefined },
            ask: async (urns) => {
                await driver.wait(driver.random(2) * 10);
                return { members: await fleetMembers(host, urns, []), unasked: [] };
            },
        };
        if (kind === "create") {
            await boot(index, !failure, "creating").catch((error: unknown) => {
                turns.end(member, true);
                throw error;
            });
            return;
        }
        if (kind !== "restart" && kind !== "replace") {
            await step();
            return;
        }
        let stopped = false;
        try {
            await turns.begin(member);
            await step();
            const active = (await host.domains.get(uuidAt(index)))?.active === true;
            if (active) await turns.stop(member);
            if (failed && active) late.push(index);
            stopped = true;
            await host.domains.destroy(uuidAt(index));
            await step();
            await boot(index, !failure);
            await driver.wait(turns.watched(member) * 1000);
            turns.end(member, false);
        } catch (error) {
            if (stopped) {
                await host.domains.destroy(uuidAt(index));
                await step();
                if (!failure?.lost) {
                    await host.domains.define(definition(index, "ready"));
                    await host.domains.start(uuidAt(index), { paused: false });
                }
            } else results[index] = "refused";
            turns.end(member, true);
            throw error;
        }
    };
    // The engine: it begins no further change after a failure, and waits for those that have begun.
    const done = new Set<number>();
    const begun = new Set<number>();
    let running = 0;
    const ready = (): number[] =>
        changes.flatMap((_, index) =>
            !begun.has(index) && (unordered || index < maxUnavailable || done.has(index - maxUnavailable))
                ? [index]
                : [],
        );
    const begin = (): void => {
        for (let list = ready(); !failed && running < parallel && list.length > 0; list = ready()) {
            const index = list[driver.random(list.length)]!;
            begun.add(index);
            running++;
            const end = (): void => {
                running--;
                begin();
            };
            void (changes[index] === "none" ? Promise.resolve() : change(index)).then(
                () => {
                    done.add(index);
                    if (changes[index] !== "none") results[index] = "changed";
                    end();
                },
                () => {
                    failed = true;
                    if (results[index] !== "refused") results[index] = "failed";
                    end();
                },
            );
        }
    };
    begin();
    await driver.run(() => running === 0);
    fewest = Math.min(fewest, await inService());
    const kept = promised === undefined ? undefined : Number(promised);
    return { line, kept, problem, before, fewest, results, late };
}
