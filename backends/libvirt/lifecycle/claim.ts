import { randomBytes } from "node:crypto";
import { UnikernelError } from "../../../spec";
import { describeWriter, isAbandoned, isThisProcess, thisProcess } from "../files";
import type { Host, HostFile } from "../host";
import { readMark } from "../xml";

/** Of a guest that is being made: who does so. It is there for as long as the create is at work. */
export const CLAIM = "claim.json";

const LONGEST = 4096;

interface Claimed {
    /** Random: no two creates have the same. */
    token: string;
    urn: string;
    /** The process, as files that are not whole yet name theirs. */
    owner: string;
    /** ISO 8601: when a process on a machine that we cannot look at counts as ended. */
    until: string;
}

/**
 * A create's claim to a guest: a file in the guest's folder that is made exclusively, whichever way files go. libvirt takes a second
 * definition of the same name and uuid without a word, so a definition is no claim.
 */
export class GuestClaim {
    private constructor(
        private readonly host: Host,
        private readonly uuid: string,
        readonly token: string,
    ) {
        active.add(token);
    }

    /** @throws UnikernelError `in-use` where another create is at work on the guest */
    static async take(
        host: Host,
        { uuid, urn, name }: { uuid: string; urn: string; name: string },
        milliseconds: number,
    ): Promise<GuestClaim> {
        const token = randomBytes(8).toString("hex");
        const content: Claimed = {
            token,
            urn,
            owner: thisProcess(),
            until: new Date(Date.now() + milliseconds).toISOString(),
        };
        const parts = [{ bytes: Buffer.from(JSON.stringify(content)) }];
        for (let tries = 0; tries < 2; tries++) {
            if (await host.files.putNew(uuid, CLAIM, parts, { mode: 0o644 })) return new GuestClaim(host, uuid, token);
            const text = await textOf(host, uuid);
            if (text === "") continue;
            const other = parse(text);
            if (other && !isDead(other)) throw beingMade({ uuid, name }, other, "wait until that run has ended");
            // The token shows who loses the race for a dead process's claim, before the loser does anything.
            if ((await textOf(host, uuid)) === text) await host.files.remove(uuid, CLAIM);
        }
        throw new UnikernelError("in-use", `${name} (${uuid}) is being made by another run`, {
            hint: "run pulumi up again when that one has ended",
        });
    }

    /**
     * Compare the claim's token with ours.
     * @param defined this run has defined the domain, so that its mark has our token too
     * @throws LostClaim where another create has the guest now: then nothing of it is ours to change
     */
    async assertHeld({ defined = false } = {}): Promise<void> {
        const found = await read(this.host, this.uuid);
        if (!found) throw new LostClaim(this.uuid, "it is gone");
        if (found.token !== this.token) throw new LostClaim(this.uuid, `${describeWriter(found.owner)} has it`);
        if (!defined) return;
        const record = await this.host.domains.get(this.uuid);
        if (record && readMark(record.inactiveXml)?.claim !== this.token)
            throw new LostClaim(this.uuid, "another run has defined the guest since");
    }

    /** Whether another create has the guest now; a host that does not answer is no sign of that. */
    async isLost(): Promise<boolean> {
        return this.assertHeld().then(
            () => false,
            (error: unknown) => error instanceof LostClaim,
        );
    }

    /** The create has ended. */
    async release(): Promise<void> {
        active.delete(this.token);
        if ((await read(this.host, this.uuid))?.token === this.token) await this.host.files.remove(this.uuid, CLAIM);
    }
}

/** Another create has the guest. */
export class LostClaim extends UnikernelError {
    constructor(uuid: string, why: string) {
        super("in-use", `the claim to guest ${uuid} is not this run's any more: ${why}; nothing was changed since`, {
            hint: "run pulumi up again when the other run has ended",
        });
    }
}

/** Of the creates that this process is at work on: it may outlive one whose claim it could not remove. */
const active = new Set<string>();

/** A process of this machine is looked at; of any other only the time is known. */
function isDead({ token, owner, until }: Claimed): boolean {
    if (isThisProcess(owner)) return !active.has(token);
    const overdue = Date.parse(until) < Date.now();
    return isAbandoned(owner, overdue ? Infinity : 0);
}

function textOf(host: Host, uuid: string): Promise<string> {
    return host.files.read(uuid, CLAIM, { offset: 0, length: LONGEST });
}

/** Return the claim; undefined where there is none, and for a file that is broken. */
async function read(host: Host, uuid: string): Promise<Claimed | undefined> {
    return parse(await textOf(host, uuid));
}

function parse(text: string): Claimed | undefined {
    try {
        const { token, urn, owner, until } = JSON.parse(text) as Partial<Claimed>;
        return token === undefined || urn === undefined || owner === undefined || until === undefined
            ? undefined
            : { token, urn, owner, until };
    } catch {
        return undefined;
    }
}

function beingMade(
    { uuid, name }: { uuid: string; name: string },
    { owner, until }: Claimed,
    hint: string,
): UnikernelError {
    return new UnikernelError("in-use", `${name} (${uuid}) is being made by ${describeWriter(owner)}`, {
        hint: `${hint}; if it is on another machine and was killed, its claim ends at ${until}`,
    });
}

/**
 * Refuse to change or delete a guest in state while a create of another run is at work on it. What a dead one left is removed.
 * @param files in the guest's folder
 * @throws UnikernelError `in-use`
 */
export async function assertUnclaimed(
    host: Host,
    { uuid, name }: { uuid: string; name: string },
    files: HostFile[],
): Promise<void> {
    if (!files.some((file) => file.name === CLAIM)) return;
    const found = await read(host, uuid);
    if (!found || isDead(found)) return host.files.remove(uuid, CLAIM);
    throw beingMade({ uuid, name }, found, "run pulumi refresh when that run has ended");
}

/** Whether a create of another process is at work on the guest: it may have begun since this one looked. @param files names in the guest's folder */
export async function isClaimedByOther(host: Host, uuid: string, files: string[]): Promise<boolean> {
    if (!files.includes(CLAIM)) return false;
    const found = await read(host, uuid);
    return found !== undefined && !active.has(found.token) && !isDead(found);
}

/** Return whose a guest's folder is, by the claim of a create that was cut short. `alive`: it may be at work still. */
export async function claimedBy(host: Host, uuid: string): Promise<{ urn: string; alive: boolean } | undefined> {
    const found = await read(host, uuid);
    return found && { urn: found.urn, alive: !isDead(found) };
}
