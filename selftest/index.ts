import { randomInt } from "node:crypto";
import { backend, closeHosts, type Host, openHost, platformAt } from "../backends";
import type { Accelerator, HostedPlatform } from "../model";
import { rememberBase } from "./base";
import { Guest } from "./guest";
import { removeLeftovers } from "./leftovers";
import { freeAddresses } from "./network";
import { forgetNote, writeNote } from "./notes";
import { Scratch } from "./scratch";
import { killedCreates, killedRollbacks, killedUpdates } from "./steps/killed";
import { plainSteps } from "./steps/plain";
import { type StepOutcome, type StepResult, step } from "./steps/step";
import { makeSubject, type Setting, type Subject, tracesOf } from "./subject";
import { removeTraces } from "./traces";
import { WorkerProcess } from "./workerProcess";

export type { StepResult } from "./steps/step";

export interface SelftestOptions {
    /** libvirt URI. @default that of a Unikernel on KVM */
    connection?: string;
    /** For a KVM host. @default "auto" */
    accelerator?: Accelerator;
    /** Kills of each operation, spread evenly over its calls. @default one at every call */
    kills?: number;
    /** Ends the run early; everything it created is still removed. */
    signal?: AbortSignal;
    onStep?(result: StepResult): void;
}

/** Milliseconds after which a run ends itself. */
const LONGEST = 3600_000;
const ROLES = ["plain", "updates", "creates"] as const;
const BEFORE = "what was there before";
const KILLED = {
    rollbacks: ["killed-rollbacks", "rolled back, killed at each step"],
    updates: ["killed-updates", "updated, killed at each step"],
    creates: ["killed-creates", "created and destroyed, killed at each step"],
} as const;
const DESTROY = ["destroy", "destroyed"] as const;

/**
 * Create throwaway guests on a host, take them through their lifecycle with a worker that is killed at each of its
 * calls, and remove them, also after an interruption.
 *
 * @throws when the signal ended the run, and when the guests could not be removed
 */
export async function selftest({
    connection = backend("kvm").defaultConnection(),
    accelerator = "auto",
    kills,
    signal,
    onStep = () => {},
}: SelftestOptions): Promise<StepResult[]> {
    const ended = AbortSignal.any([AbortSignal.timeout(LONGEST), ...(signal ? [signal] : [])]);
    const results: StepResult[] = [];
    const add = (result: StepResult): boolean => {
        results.push(result);
        onStep(result);
        return result.status === "held";
    };
    const scene = {
        accelerator,
        kills,
        ended,
        run: async (id: string, title: string, work: () => Promise<StepOutcome>) =>
            add(await step(id, title, ended, work)),
        skip: (id: string, title: string, because: string) => {
            add({ id, title, status: "skipped", found: `not tried, because of "${because}"`, seconds: 0 });
        },
    };
    try {
        const host = await openHost(connection);
        if (await scene.run("before", BEFORE, () => removeLeftovers(host, connection)))
            await onHost({ ...scene, host });
        return results;
    } finally {
        await closeHosts();
    }
}

interface Scene {
    host: Host;
    accelerator: Accelerator;
    kills?: number;
    ended: AbortSignal;
    run(id: string, title: string, work: () => Promise<StepOutcome>): Promise<boolean>;
    skip(id: string, title: string, because: string): void;
}

async function onHost(scene: Scene): Promise<void> {
    const { host, accelerator, run } = scene;
    const connection = host.uri;
    // A connection that no platform claims, such as libvirt's test driver, is tested as KVM.
    const platform = platformAt(connection) ?? "kvm";
    const name = `${Date.now().toString(36)}${randomInt(36 ** 3, 36 ** 4).toString(36)}`;
    const removeBase = rememberBase(connection, (await host.info()).local);
    const scratch = await Scratch.make(platform);
    let subjects: Subject[] = [];
    const remove = async (): Promise<void> => {
        for (const subject of subjects) await removeTraces(host, subject);
        await removeBase();
        await scratch.remove();
        // If something could not be removed, the note stays and the next run tries again.
        await forgetNote(name);
    };
    try {
        const setting: Setting = { connection, platform, accelerator, kernel: scratch.kernel, seed: scratch.seed };
        const addresses = await freeAddresses(host, ROLES.length);
        subjects = ROLES.map((role, index) => makeSubject(setting, name, role, addresses[index]));
        await writeNote(name, { connection, scratch: scratch.folder, guests: subjects.map(tracesOf) });
        await live(scene, subjects, scratch.cache);
    } catch (error) {
        await remove();
        throw error;
    }
    // Not inside the step: removal happens even when a signal has arrived.
    const failure = await remove().then(
        () => undefined,
        (error: unknown) => error,
    );
    await run("left", "what is left", async () => {
        if (failure) throw failure;
        return { found: "nothing: no domain, no file, no reservation" };
    });
}

/** Run the steps. The create of the plain steps comes first: if it fails, no other step can tell more. */
async function live({ host, kills, ended, run, skip }: Scene, subjects: Subject[], cache: string): Promise<void> {
    const workers: WorkerProcess[] = [];
    const guestOf = (subject: Subject): Guest => {
        const worker = new WorkerProcess(cache, ended);
        workers.push(worker);
        return new Guest(subject, host, worker);
    };
    try {
        const [plain, updates, creates] = subjects.map(guestOf) as [Guest, Guest, Guest];
        const [create, ...others] = plainSteps;
        if (!(await run(create!.id, create!.title, () => create!.run(plain, host)))) {
            const rest = [
                ...others.map(({ id, title }) => [id, title] as const),
                KILLED.rollbacks,
                DESTROY,
                KILLED.updates,
                KILLED.creates,
            ];
            for (const [id, title] of rest) skip(id, title, create!.title);
            return;
        }
        await settled(
            [
                async () => {
                    for (const { id, title, run: work } of others) await run(id, title, () => work(plain, host));
                    await run(...KILLED.rollbacks, () => killedRollbacks(plain, kills));
                    await run(...DESTROY, async () => {
                        await plain.destroy();
                        await plain.expectNothing();
                        return { found: "the host has nothing of it" };
                    });
                },
                () =>
                    run(...KILLED.updates, async () => {
                        await updates.deploy({ word: "one" });
                        return killedUpdates(updates, kills);
                    }),
                () => run(...KILLED.creates, () => killedCreates(creates, kills)),
            ],
            subjects[0]!.setting.platform,
        );
    } finally {
        await Promise.all(workers.map((worker) => worker.close()));
    }
}

/**
 * Wait until all have ended, because work that continues would recreate what is then removed. On Xen they run one after
 * the other: libxl's toolstack creates one domain at a time.
 */
async function settled(works: (() => Promise<unknown>)[], platform: HostedPlatform): Promise<void> {
    const ends: PromiseSettledResult<unknown>[] = [];
    if (platform === "kvm") ends.push(...(await Promise.allSettled(works.map((work) => work()))));
    else for (const work of works) ends.push(...(await Promise.allSettled([work()])));
    const failed = ends.find((end) => end.status === "rejected");
    if (failed) throw failed.reason;
}
