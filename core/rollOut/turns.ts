import { setTimeout as sleep } from "node:timers/promises";
import type { SeenMember } from "../../backends";
import {
    abortable,
    currentSignal,
    firstLineOf,
    KeyedQueue,
    logicalName,
    type MemberRollOut,
    UnikernelError,
} from "../../model";
import { judge, type Refusal } from "./reserve";
import { fleetKey, siblingUrn } from "./urns";

/** The answer of all hosts on which members of a fleet may be. */
export interface Seen {
    members: SeenMember[];
    /** Why a host could not be asked, with its connection. */
    unasked: string[];
}

/** A member that is about to change. */
export interface Member {
    urn: string;
    index: number;
    rollOut: MemberRollOut;
    /** Ask the hosts for members of the fleet. */
    ask(urns: string[]): Promise<Seen>;
    log(message: string): void;
}

/** The time, which tests let pass. */
export interface Time {
    now(): number;
    sleep(milliseconds: number): Promise<void>;
}

const REAL: Time = {
    now: () => Date.now(),
    sleep: (milliseconds) => sleep(milliseconds, undefined, { signal: currentSignal() }),
};

/** A member that this run changes. */
interface Turn {
    member: Member;
    canary: boolean;
    /** It was refused, and is what it was. */
    refused?: true;
    ended: Promise<void>;
    end(): void;
}

/** The roll-out of one fleet in this run. */
class Roll {
    readonly turns = new Map<string, Turn>();
    canaries: Turn[] = [];
    /** Members that may be out of service, by URN. */
    readonly stopped = new Map<string, Turn>();
    /** The first member that failed. */
    failed: string | undefined;
    /** The first member that might not be stopped. No other is stopped then; one that is off may still be started. */
    refused: string | undefined;
    lastBack: number | undefined;
}

/**
 * Orders the changes of each fleet in a run. Pulumi starts them, in an order that it decides and as many at once as it was
 * told to; so a change waits only for those that have begun, which need nothing of it.
 */
export class Turns {
    private readonly rolls = new Map<string, Roll>();
    private readonly queue = new KeyedQueue();

    constructor(private readonly time: Time = REAL) {}

    /**
     * Begin the change of a member, before anything of it is changed. The first `canary.count` are the canaries; each later one
     * waits for them.
     * @throws UnikernelError when another member of the fleet failed
     */
    async begin(member: Member): Promise<void> {
        const roll = this.rollOf(member);
        if (roll.turns.has(member.urn)) return;
        assertGoingOn(roll, member);
        const canary = roll.canaries.length < member.rollOut.canary.count;
        const running = canary ? [] : roll.canaries.filter(({ member: { urn } }) => roll.turns.has(urn));
        let end = (): void => undefined;
        const ended = new Promise<void>((resolve) => (end = resolve));
        const turn: Turn = { member, canary, ended, end };
        roll.turns.set(member.urn, turn);
        if (canary) roll.canaries.push(turn);
        try {
            if (running.length > 0)
                member.log(
                    `waiting for ${running.map(({ member: { urn } }) => `canary ${logicalName(urn)}`).join(", ")}`,
                );
            await abortable(Promise.all(running.map((one) => one.ended)));
            await this.pause(roll, member);
            assertGoingOn(roll, member);
        } catch (error) {
            this.leave(roll, turn);
            throw error;
        }
    }

    /**
     * Wait until a member may be stopped, and take it out of service. One that does not serve may always be stopped: that takes
     * nothing away.
     * @param serves asks the member itself: why it does not serve; undefined where it does
     * @throws UnikernelError when the fleet has no reserve, or another member failed
     */
    async stop(member: Member, serves?: () => Promise<string | undefined>): Promise<void> {
        await this.begin(member);
        const roll = this.rollOf(member);
        const turn = roll.turns.get(member.urn)!;
        await this.queue.run(fleetKey(member.urn, member.rollOut.fleet), async () => {
            if (roll.stopped.has(member.urn)) return;
            if (roll.refused !== undefined) turn.refused = true;
            for (;;) {
                await this.pause(roll, member);
                assertGoingOn({ failed: roll.failed ?? roll.refused }, member);
                const others = [...roll.stopped.values()];
                const verdict = await this.verdict(member, others);
                assertGoingOn({ failed: roll.failed ?? roll.refused }, member);
                if (verdict === "stop") break;
                if (others.length === 0 || verdict.lacking) {
                    if ((await serves?.()) !== undefined) break;
                    turn.refused = true;
                    roll.refused ??= `${logicalName(member.urn)} could not be stopped`;
                    throw verdict.error();
                }
                await abortable(Promise.race(others.map(({ ended }) => ended)));
            }
            roll.stopped.set(member.urn, turn);
        });
    }

    /** Return the seconds for which a member is watched after it has become ready. */
    watched({ urn, rollOut }: Member): number {
        const turn = this.rolls.get(fleetKey(urn, rollOut.fleet))?.turns.get(urn);
        if (!turn) return 0;
        return turn.canary ? Math.max(rollOut.canary.bake, rollOut.minReady) : rollOut.minReady;
    }

    /** Return whether the change of a member has begun and not ended. */
    isOpen({ urn, rollOut }: Pick<Member, "urn" | "rollOut">): boolean {
        return this.rolls.get(fleetKey(urn, rollOut.fleet))?.turns.has(urn) ?? false;
    }

    /** End the change of a member, or its create. @param failed no further member is stopped in this run */
    end(member: Member, failed: boolean): void {
        const roll = this.rollOf(member);
        const turn = roll.turns.get(member.urn);
        if (failed && !turn?.refused)
            roll.failed ??= `${turn?.canary ? "canary " : ""}${logicalName(member.urn)} failed`;
        if (!turn) return;
        if (!failed && roll.stopped.has(member.urn)) roll.lastBack = this.time.now();
        this.leave(roll, turn);
    }

    private leave(roll: Roll, turn: Turn): void {
        roll.turns.delete(turn.member.urn);
        roll.stopped.delete(turn.member.urn);
        turn.end();
    }

    private async pause(roll: Roll, { rollOut: { pause } }: Member): Promise<void> {
        for (;;) {
            const left = roll.lastBack === undefined ? 0 : roll.lastBack + pause * 1000 - this.time.now();
            if (left <= 0) return;
            await this.time.sleep(left);
        }
    }

    private async verdict(member: Member, others: Turn[]): Promise<"stop" | Refusal> {
        const { urn, index, rollOut } = member;
        const siblings = Array.from({ length: rollOut.replicas }, (_, other) => other)
            .filter((other) => other !== index)
            .map((other) => ({ index: other, urn: siblingUrn(urn, rollOut.fleet, other) }));
        const seen = await member.ask(siblings.map((one) => one.urn));
        const changing = new Set(others.map((turn) => turn.member.urn));
        const verdict = judge(member, siblings, seen, changing);
        // Asked only where the answers can matter, all at once.
        if (verdict !== "stop") return verdict;
        const members = await Promise.all(seen.members.map((one) => (changing.has(one.urn) ? one : asked(one))));
        return judge(member, siblings, { ...seen, members }, changing);
    }

    private rollOf({ urn, rollOut }: Member): Roll {
        const key = fleetKey(urn, rollOut.fleet);
        const roll = this.rolls.get(key) ?? new Roll();
        this.rolls.set(key, roll);
        return roll;
    }
}

/** Ask a member that counts as in service by its state whether it serves. */
async function asked(one: SeenMember): Promise<SeenMember> {
    const trouble = await one.serves?.().catch((error: unknown) => `could not be asked: ${firstLineOf(error)}`);
    return trouble === undefined ? one : { ...one, trouble, notServing: true };
}

function assertGoingOn({ failed }: Pick<Roll, "failed">, { urn, rollOut }: Member): void {
    if (failed === undefined) return;
    throw new UnikernelError("not-ready", `${logicalName(urn)} was left as it was: ${failed}`, {
        hint: `the roll-out of ${rollOut.fleet} stopped there; pulumi up continues it`,
    });
}
