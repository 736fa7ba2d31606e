import { UnikernelError } from "../../../../model";
import { describeWriter } from "../../files";
import type { Guard, Host, HostFile, Renames } from "../../host";
import { readMark } from "../../xml";
import {
    activeTokens,
    CLAIM,
    claimText,
    contentOf,
    creationInProgress,
    isDead,
    parseClaim,
    readClaim,
    removeEmpty,
    WRITTEN,
} from "./claimFile";

/**
 * A create's claim to a guest: a file in the guest's folder that is created exclusively, by every access to files.
 * libvirt silently accepts a second definition of the same name and uuid, so a definition cannot serve as a claim.
 */
export class GuestClaim {
    private released = false;

    private constructor(
        private readonly host: Host,
        private readonly uuid: string,
        readonly token: string,
        /** The content of the claim's file. */
        private readonly text: string,
    ) {
        activeTokens.add(token);
    }

    /** Compared by the host with the claim's file, this says whether the claim is held. */
    get guard(): Guard {
        return { name: CLAIM, text: this.text };
    }

    /**
     * Claim a guest whose folder is missing or empty, and return the other files in it: both by one script. Where the
     * folder has files, a guest may be there, which a create that is refused must not disturb: there is no claim then.
     * @returns undefined where single calls do it
     */
    static async takeInEmpty(
        host: Host,
        guest: { uuid: string; urn: string },
        milliseconds: number,
    ): Promise<{ held?: GuestClaim; files: HostFile[] } | undefined> {
        const { token, text } = contentOf(guest, milliseconds);
        const put = { name: CLAIM, parts: [{ bytes: Buffer.from(text) }], options: WRITTEN };
        const found = await host.files.batch?.putInEmpty(guest.uuid, put);
        return (
            found && {
                files: found.files,
                held: found.made ? new GuestClaim(host, guest.uuid, token, text) : undefined,
            }
        );
    }

    /** Claim a guest for a create. @throws UnikernelError `in-use` where another create is making the guest */
    static async take(
        host: Host,
        { uuid, urn, name }: { uuid: string; urn: string; name: string },
        milliseconds: number,
    ): Promise<GuestClaim> {
        const { token, text: written } = contentOf({ urn }, milliseconds);
        const parts = [{ bytes: Buffer.from(written) }];
        for (let tries = 0; tries < 2; tries++) {
            if (await host.files.putNew(uuid, CLAIM, parts, WRITTEN)) return new GuestClaim(host, uuid, token, written);
            const text = await claimText(host, uuid);
            if (text === "") {
                await removeEmpty(host, uuid);
                continue;
            }
            const other = parseClaim(text);
            if (other && !isDead(other))
                throw creationInProgress({ uuid, name }, other, "wait until that run has ended");
            // Two runs may race for a dead process's claim: by the token the loser notices before it changes anything.
            if ((await claimText(host, uuid)) === text) await host.files.remove(uuid, CLAIM);
        }
        throw new UnikernelError("in-use", `${name} (${uuid}) is being made by another run`, {
            hint: "run pulumi up again when that one has ended",
        });
    }

    /**
     * Check that the claim still has our token.
     * @param defined this run has defined the domain, so its mark must have our token too
     * @param renames files elsewhere on the host to rename right after the comparison of the claim
     * @returns what was seen of the domain, where that was looked at, and whether the files were renamed
     * @throws LostClaim where another create has the guest now, so that this run must not change it
     */
    async assertHeld({
        defined = false,
        renames = [] as Renames,
    } = {}): Promise<{ saved?: boolean; renamed: boolean }> {
        const { domains, files } = this.host;
        const compared = async (): Promise<"renamed" | undefined> => {
            const done =
                renames.length > 0 ? await files.batch?.renameGuarded(this.uuid, this.guard, renames) : undefined;
            if (done === "renamed") return done;
            // Says who has it.
            await this.assertToken();
            return undefined;
        };
        const [done, domain] = await Promise.all([
            compared(),
            defined ? (domains.definition ? domains.definition(this.uuid) : domains.get(this.uuid)) : undefined,
        ]);
        if (domain && readMark(domain.inactiveXml)?.claim !== this.token)
            throw new LostClaim(this.uuid, "another run has defined the guest since");
        return { saved: domain?.saved, renamed: done === "renamed" };
    }

    private async assertToken(): Promise<void> {
        const found = await readClaim(this.host, this.uuid);
        if (!found) throw new LostClaim(this.uuid, "it is gone");
        if (found.token !== this.token) throw new LostClaim(this.uuid, `${describeWriter(found.owner)} has it`);
    }

    /**
     * Claim the guest again, where this run has released it and then could not complete the guest.
     * @throws LostClaim where another create has it now
     */
    async holdAgain(): Promise<void> {
        if (!this.released) return;
        this.released = false;
        activeTokens.add(this.token);
        await this.host.files.putNew(this.uuid, CLAIM, [{ bytes: Buffer.from(this.text) }], WRITTEN);
        await this.assertToken();
    }

    /** Return whether another create has the guest now; false for a host that does not answer. */
    async isLost(): Promise<boolean> {
        return this.holdAgain()
            .then(() => this.assertHeld())
            .then(
                () => false,
                (error: unknown) => error instanceof LostClaim,
            );
    }

    /** Release the claim, when the create has ended, or is complete but for what is sent at the same time. */
    async release(): Promise<void> {
        if (this.released) return;
        this.released = true;
        activeTokens.delete(this.token);
        const { files } = this.host;
        if (files.batch) return files.batch.removeGuard(this.uuid, this.guard);
        if ((await readClaim(this.host, this.uuid))?.token === this.token) await files.remove(this.uuid, CLAIM);
    }
}

/** The error of a claim that another create has taken. */
export class LostClaim extends UnikernelError {
    constructor(uuid: string, why: string) {
        super("in-use", `this run has lost its claim to guest ${uuid}: ${why}; it has changed nothing since`, {
            hint: "run pulumi up again when the other run has ended",
        });
    }
}

/**
 * Refuse to change or delete a guest in state while another run's create is making it. Removes the claim of a dead run.
 * @param files files in the guest's folder
 * @throws UnikernelError `in-use`
 */
export async function assertUnclaimed(
    host: Host,
    { uuid, name }: { uuid: string; name: string },
    files: HostFile[],
): Promise<void> {
    if (!files.some((file) => file.name === CLAIM)) return;
    const found = await readClaim(host, uuid);
    if (!found || isDead(found)) return host.files.remove(uuid, CLAIM);
    throw creationInProgress({ uuid, name }, found, "run pulumi refresh when that run has ended");
}

/**
 * Return whether another process's create is making the guest; it may have begun meanwhile.
 * @param files names in the guest's folder
 */
export async function isClaimedByOther(host: Host, uuid: string, files: string[]): Promise<boolean> {
    if (!files.includes(CLAIM)) return false;
    const found = await readClaim(host, uuid);
    return found !== undefined && !activeTokens.has(found.token) && !isDead(found);
}

/** Return the URN in the claim that a create left in a guest's folder. `alive`: the create may still be running. */
export async function claimedBy(host: Host, uuid: string): Promise<{ urn: string; alive: boolean } | undefined> {
    const found = await readClaim(host, uuid);
    return found && { urn: found.urn, alive: !isDead(found) };
}
