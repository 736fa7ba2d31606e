import { type Guest, hold } from "../guest";
import type { Fault } from "../watch";
import { whole } from "./plain";
import type { Held } from "./step";

/** The longest list of places that are named one by one. */
const NAMED = 5;

/** Return the places at which a run of these calls is killed: before the first and after each, or at most `most` of them, evenly. */
export function pointsOf(calls: string[], most = Infinity): Fault[] {
    const all: Fault[] = [
        { change: 0, when: "before" },
        ...calls.map((_name, change): Fault => ({ change, when: "after" })),
    ];
    if (all.length <= most) return all;
    // The last one is as good a place as the first.
    return Array.from({ length: most }, (_, index) => all[Math.floor(((index + 1) * all.length) / (most + 1))]!);
}

interface Walk {
    calls: string[];
    most?: number;
    /** The operation, killed, and what must make good for it. */
    at(fault: Fault): Promise<boolean>;
}

/** Walks through the places. @throws with the places after which something did not hold */
async function walk({ calls, most, at }: Walk): Promise<Held> {
    const broken: string[] = [];
    let kills = 0;
    for (const fault of pointsOf(calls, most)) {
        try {
            if (await at(fault)) kills++;
        } catch (error) {
            broken.push(
                `killed ${fault.when} ${calls[fault.change]} (${fault.change + 1} of ${calls.length}): ${error instanceof Error ? error.message : String(error)}`,
            );
            // What follows would only fail after it.
            if (broken.length === NAMED) break;
        }
    }
    hold(broken.length === 0, broken.join("; "));
    return { found: `the next run ended as if there had been no kill: ${kills} kills, ${calls.length} calls`, kills };
}

/** A create and a destroy, killed in turns. */
export async function killedCreates(guest: Guest, most?: number): Promise<Held> {
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

/** An update to and fro, killed. */
export async function killedUpdates(guest: Guest, most?: number): Promise<Held> {
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

/** An update that rolls back, killed; the next one goes back too. */
export async function killedRollbacks(guest: Guest, most?: number): Promise<Held> {
    const good = { word: "one" };
    const calls = await guest.rollBack({ word: "broken" });
    hold(calls !== "killed", "the worker was killed without having been told to be");
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
