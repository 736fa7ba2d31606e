import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { abortable, duringCleanup, hasCode, UnikernelError } from "../../../model";
import {
    libvirtError,
    type MethodArgs,
    type MethodName,
    type MethodResult,
    request,
    type Timeouts,
    type VolumeRecord,
} from "../client";
import type { HostFile } from "../host";
import { changedAt, renderPool, renderVolume } from "../xml";
import { plainName } from "./errors";
import { describeWriter, isAbandoned, isPlainName, UNFINISHED as mark, partName, partOf } from "./unfinished";

const folderMode = 0o711;
const HOUR = 3_600_000;

/** Time to wait for another process that writes the same file. Milliseconds. */
const WAIT_MS = 60_000;

/** The files of a guest's folder, by their state. */
export interface Look {
    whole: HostFile[];
    /** Names whose file may be incomplete. */
    unfinished: string[];
    announced: { file: string; name: string; writer: string }[];
}

/** Guests' folders as storage pools, with the marks that distinguish incomplete volumes from complete ones. */
export class VolumeFolders {
    constructor(
        private readonly uri: string,
        private readonly base: string,
        private readonly timeouts?: Partial<Timeouts>,
    ) {}

    ask<M extends MethodName>(
        what: string,
        method: M,
        args: MethodArgs<M>,
        progress?: (bytes: number) => void,
    ): Promise<MethodResult<M>> {
        return request(this.uri, method, args, what, { timeouts: this.timeouts, progress }).catch((error: unknown) => {
            throw withHint(error, this.base);
        });
    }

    pool(uuid: string): MethodArgs<"poolEnsure">[0] {
        const name = `pulumi-unikernel-${uuid}`,
            folder = join(this.base, plainName(uuid));
        return { name, folder, xml: renderPool({ name, uuid, folder, mode: folderMode }) };
    }

    all(uuid: string): Promise<VolumeRecord[]> {
        return orWithout([], this.ask(`list of ${join(this.base, uuid)}`, "poolList", [this.pool(uuid)]));
    }

    /** Return the names of all folders below the base; undefined where the host cannot list them. */
    names(): Promise<string[] | undefined> {
        const name = "pulumi-unikernel-folders";
        const pool = { name, folder: this.base, xml: renderPool({ name, folder: this.base, mode: folderMode }) };
        return orWithout([], this.ask(`list of ${this.base}`, "folderList", [pool]));
    }

    async look(uuid: string): Promise<Look> {
        const all = await this.all(uuid);
        const unfinished = all
            .filter(({ name }) => isPlainName(name) && name.endsWith(mark))
            .map(({ name }) => name.slice(0, -mark.length));
        const whole = all.filter(
            ({ name, regular }) => regular && isPlainName(name) && !name.endsWith(mark) && !unfinished.includes(name),
        );
        const announced = all.flatMap(({ name: file }) => {
            const part = partOf(file);
            return part ? [{ file, ...part }] : [];
        });
        return { whole: whole.map(({ name, size }) => ({ name, size })), unfinished, announced };
    }

    /**
     * Work on a name while no other process does. Each process announces itself, then looks, and continues only when it
     * sees no other. So of two at most one continues; when they see each other, both try again. The one that continues
     * marks its incomplete file.
     */
    async alone<T>(uuid: string, name: string, work: (look: Look) => Promise<T>): Promise<T> {
        const end = Date.now() + WAIT_MS;
        for (;;) {
            const own = partName(plainName(name), "volume");
            await this.make(uuid, own);
            try {
                const look = await this.look(uuid);
                const others = look.announced.filter((other) => other.name === name && other.file !== own);
                const living: string[] = [];
                for (const { file, writer } of others) {
                    if (isAbandoned(writer, 0) || (await this.isOld(uuid, own, file, name)))
                        await this.drop(uuid, file);
                    else living.push(writer);
                }
                if (living.length === 0) return await work(look);
                if (Date.now() > end) {
                    throw new UnikernelError(
                        "in-use",
                        `write of ${join(this.base, plainName(uuid), plainName(name))}: ${describeWriter(living[0]!)} writes it too`,
                        {
                            hint: "wait until it has finished, then run again; the leftovers of a dead process are ignored after an hour",
                        },
                    );
                }
            } finally {
                await duringCleanup(() => this.drop(uuid, own).catch(() => undefined));
            }
            await abortable(delay(50 + Math.random() * 200));
        }
    }

    /**
     * Return whether, by the host's own clock, neither the announcement of a writer nor its file was written for an
     * hour. A writer on another machine cannot be checked otherwise.
     */
    private async isOld(uuid: string, own: string, file: string, name: string): Promise<boolean> {
        const [now, ...times] = await Promise.all(
            [own, file, name].map(async (one) =>
                changedAt(await orWithout("", this.ask(`time of ${one}`, "volumeXml", [this.pool(uuid), one]))),
            ),
        );
        return now !== undefined && now - Math.max(...times.map((time) => time ?? 0)) > HOUR;
    }

    private async make(uuid: string, name: string): Promise<void> {
        await this.ask(`mark ${name}`, "volumeWrite", [
            this.pool(uuid),
            name,
            renderVolume({ name, size: 0, mode: 0o600 }),
            [],
        ]);
    }

    /** Write a file under a mark. If this process is killed, the next write or removal removes the mark. */
    async marked<T>(uuid: string, name: string, write: () => Promise<T>): Promise<T> {
        const file = `${plainName(name)}${mark}`;
        // An existing mark stays: without it, an incomplete file would look complete.
        await this.make(uuid, file);
        let result: T;
        try {
            result = await write();
        } catch (error) {
            // Do not leave an incomplete file on a full disk. A failure here does not replace the first error.
            await duringCleanup(() =>
                this.drop(uuid, name)
                    .then(() => this.drop(uuid, file))
                    .catch(() => undefined),
            );
            throw error;
        }
        await this.drop(uuid, file);
        return result;
    }

    async drop(uuid: string, name: string): Promise<void> {
        await orWithout(undefined, this.ask(`removal of ${name}`, "volumeDelete", [this.pool(uuid), name]));
    }
}

/** Return `instead` where there is no pool or volume: the guest has no files yet, or none any more. */
export async function orWithout<T, U>(instead: U, work: Promise<T>): Promise<T | U> {
    return work.catch((error) => {
        if (hasCode(error, "not-found")) return instead;
        throw error;
    });
}

const systemError = 38; // virErrorNumber

/** Add a hint to the daemon's error about a folder that it cannot list or create. */
function withHint(error: unknown, base: string): unknown {
    if (!(error instanceof UnikernelError) || error.hint !== undefined || libvirtError(error)?.code !== systemError)
        return error;
    return new UnikernelError(error.code, error.message, {
        hint: `the state of the files there is unknown; check on that host that libvirt's daemon can list the folder (sudo ls -l ${base}), and remount its file system if it is stale`,
        cause: error.cause,
    });
}
