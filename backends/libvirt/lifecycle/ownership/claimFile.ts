import { randomBytes } from "node:crypto";
import { UnikernelError } from "../../../../model";
import { describeWriter, isAbandoned, isThisProcess, thisProcess } from "../../files";
import type { Host } from "../../host";

/** File in the guest's folder that names the running create. It exists as long as the create runs. */
export const CLAIM = "claim.json";

const LONGEST = 4096;

export interface Claimed {
    /** Random and unique to the create. */
    token: string;
    urn: string;
    /** The process, in the form of an incomplete file's writer (unfinished.ts). */
    owner: string;
    /** Time from which a process on another machine, which we cannot check, counts as ended. ISO 8601. */
    until: string;
}

/** A power cut ends the process that the claim is for, so the claim may be lost with it. */
export const WRITTEN = { mode: 0o644, transient: true };

export function contentOf({ urn }: { urn: string }, milliseconds: number): { token: string; text: string } {
    const token = randomBytes(8).toString("hex");
    const until = new Date(Date.now() + milliseconds).toISOString();
    return { token, text: JSON.stringify({ token, urn, owner: thisProcess(), until } satisfies Claimed) };
}

/** Tokens of the creates that run in this process, which may outlive a create whose claim it could not remove. */
export const activeTokens = new Set<string>();

/**
 * Return whether a claim's process has ended. A process on another machine cannot be checked: its time limit counts.
 */
export function isDead({ token, owner, until }: Claimed): boolean {
    if (isThisProcess(owner)) return !activeTokens.has(token);
    const overdue = Date.parse(until) < Date.now();
    return isAbandoned(owner, overdue ? Infinity : 0);
}

/** Remove a claim whose content a power cut has lost: a claim has its content before it has its name. */
export async function removeEmpty(host: Host, uuid: string): Promise<void> {
    if ((await host.files.list(uuid)).some(({ name, size }) => name === CLAIM && size === 0))
        await host.files.remove(uuid, CLAIM);
}

export function claimText(host: Host, uuid: string): Promise<string> {
    return host.files.read(uuid, CLAIM, { offset: 0, length: LONGEST });
}

/** Return the claim; undefined where there is none, or the file is invalid. */
export async function readClaim(host: Host, uuid: string): Promise<Claimed | undefined> {
    return parseClaim(await claimText(host, uuid));
}

export function parseClaim(text: string): Claimed | undefined {
    try {
        const { token, urn, owner, until } = JSON.parse(text) as Partial<Claimed>;
        return token === undefined || urn === undefined || owner === undefined || until === undefined
            ? undefined
            : { token, urn, owner, until };
    } catch {
        return undefined;
    }
}

export function creationInProgress(
    { uuid, name }: { uuid: string; name: string },
    { owner, until }: Claimed,
    hint: string,
): UnikernelError {
    return new UnikernelError("in-use", `${name} (${uuid}) is being made by ${describeWriter(owner)}`, {
        hint: `${hint}; if it is on another machine and was killed, its claim ends at ${until}`,
    });
}
