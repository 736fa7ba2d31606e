import { messageOf } from "../../model";
import { assertThat, type Guest } from "../guest";
import type { Fault } from "../watch";
import { whole } from "./plain";
import type { StepOutcome } from "./step";

/** Failures after which the walk stops. */
const NAMED = 5;

/**
 * Return the points at which a run of these calls is killed: before the first and after each, or at most `most` of
 * them, spread evenly.
 */
export function pointsOf(calls: string[], most = Infinity): Fault[] {
    const all: Fault[] = [
        { change: 0, when: "before" },
        ...calls.map((_name, change): Fault => ({ change, when: "after" })),
    ];
    if (all.length <= most) return all;
    // At equal distances, also from both ends: no call is more likely to matter than another.
    return Array.from({ length: most }, (_, index) => all[Math.floor(((index + 1) * all.length) / (most + 1))]!);
}

interface Walk {
    calls: string[];
    most?: number;
    /**
     * Run the operation, killed at a point, and then the run that must recover from it.
     * @returns whether it was killed
     */
    at(fault: Fault): Promise<boolean>;
}

/** Try each point. @throws an error that lists the points after which something did not hold */
async function walk({ calls, most, at }: Walk): Promise<StepOutcome> {
    const broken: string[] = [];
    let kills = 0;
    for (const fault of pointsOf(calls, most)) {
        try {
            if (await at(fault)) kills++;
        } catch (error) {
            broken.push(
                `killed ${fault.when} ${calls[fault.change]} (${fault.change + 1} of ${calls.length}): ${messageOf(error)}`,
            );
            // Further failures would only follow from these.
            if (broken.length === NAMED) break;
        }
    }
    assertThat(broken.length === 0, broken.join("; "));
    return { found: `the next run ended as if there had been no kill: ${kills} kills, ${calls.length} calls`, kills };
}

/** Kill a create and a destroy at each of their calls. */
export async function killedCreates(guest: Guest, most?: number): Promise<StepOutcome> {
    const version = { word: "one" };
    const created = whole(await guest.deploy(version)).calls;
    await guest.expect(version);
    const destroyed = whole(await guest.destroy()).calls;
    await guest.expectNothing();
    const creates = await walk({
        calls: created,
        most,
        async at(fault) {
            const killed = (await guest.deploy(version, fault)) === "killed";
            await guest.deploy(version);
            await guest.expect(version);
            await guest.destroy();
            await guest.expectNothing();
            return killed;
        },
    });
    const destroys = await walk({
        calls: destroyed,
        most,
        async at(fault) {
            await guest.deploy(version);
            const killed = (await guest.destroy(fault)) === "killed";
            if (guest.known) await guest.destroy();
            await guest.expectNothing();
            return killed;
        },
    });
    const kills = (creates.kills ?? 0) + (destroys.kills ?? 0);
    return {
        found: `the next run ended as if there had been no kill: ${kills} kills, ${created.length} and ${destroyed.length} calls`,
        kills,
    };
}

/** Kill an update at each of its calls, in both directions. */
export async function killedUpdates(guest: Guest, most?: number): Promise<StepOutcome> {
    let [from, to] = [{ word: "one" }, { word: "two" }];
    const calls = whole(await guest.deploy(to)).calls;
    [from, to] = [to, from];
    return walk({
        calls,
        most,
        async at(fault) {
            const killed = (await guest.deploy(to, fault)) === "killed";
            await guest.deploy(to);
            await guest.expect(to);
            [from, to] = [to, from];
            return killed;
        },
    });
}

/** Kill an update that rolls back at each of its calls; the next one rolls back too. */
export async function killedRollbacks(guest: Guest, most?: number): Promise<StepOutcome> {
    const good = { word: "one" };
    const calls = await guest.rollBack({ word: "broken" });
    assertThat(calls !== "killed", "the worker was killed by something else than its job");
    await guest.expect(good);
    return walk({
        calls,
        most,
        async at(fault) {
            const killed = (await guest.rollBack({ word: "broken" }, fault)) === "killed";
            await guest.rollBack({ word: "broken" });
            await guest.expect(good);
            return killed;
        },
    });
}
