import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { cacheFolder, makeCacheFolder, writeWhole } from "../../../../localFiles";
import { type ConsoleVerdict, hasCode } from "../../../../model";
import type { DomainRecord, Host } from "../../host";
import type { KeptConsole } from "../../platform";
import { stateOf } from "../existing";
import { plain, TAIL_BYTES } from "../readiness/console";

/** Milliseconds between two samples of processor time: a guest whose clock ticks uses more than the tolerance in it. */
const SAMPLE_MS = 3000;
/** QEMU's processor time is counted in ticks of 10 ms (proc(5)); QEMU itself may use one tick in that time. */
const TOLERANCE_NS = 10_000_000;

export type ReadConsole = (text: string) => ConsoleVerdict;

export interface HaltedOptions {
    host: Host;
    uuid: string;
    record: DomainRecord | undefined;
    console: KeptConsole;
    readConsole: ReadConsole;
    /** The result of `recallConsole`, if the caller has called it already. */
    recalled?: ReturnType<typeof recallConsole>;
}

/**
 * Return whether a running domain's guest has ended by itself: its console says so, and it uses no processor time. The
 * console is no proof by itself, since a guest may print text that a client sent.
 *
 * The answer is cached for the boot and the length of the log, so the console is not read again until the guest prints
 * more.
 */
export async function hasHalted({
    host,
    uuid,
    record,
    console,
    readConsole,
    recalled,
}: HaltedOptions): Promise<boolean> {
    if (record?.id === undefined || stateOf(record) !== "running") return false;
    const answer = await (recalled ?? recallConsole(uuid));
    const known = answer?.boot === record.id ? answer.size : undefined;
    const end = await console.end?.(TAIL_BYTES, known);
    if (console.end && !end) return false;
    const size = end ? end.size : await console.size();
    if (size !== undefined && known === size) return answer?.halted ?? false;
    const text = end
        ? end.text
        : await console.read(TAIL_BYTES).catch((error: unknown) => {
              if (!hasCode(error, "permission", "unsupported")) throw error;
              return undefined;
          });
    if (text === undefined) return false;
    const says = readConsole(plain(text)).ended !== undefined;
    const halted = says && (await isIdle(host, uuid));
    // Do not cache the contradiction of a guest that reports its end but still uses its processor.
    if (size !== undefined && says === halted) await remember(uuid, { boot: record.id, size, halted });
    return halted;
}

async function isIdle(host: Host, uuid: string): Promise<boolean> {
    const before = await host.domains.processorTime(uuid);
    await sleep(SAMPLE_MS);
    const after = await host.domains.processorTime(uuid);
    return before !== undefined && after !== undefined && after - before <= TOLERANCE_NS;
}

interface Answer {
    /** The hypervisor's number of this run. */
    boot: number;
    /** Bytes of the log that were read. */
    size: number;
    halted: boolean;
}

const answerOf = (uuid: string): string => join(cacheFolder("consoles"), `${uuid}.json`);

/** Return the answer of the last time; undefined where there is none. */
export async function recallConsole(uuid: string): Promise<Answer | undefined> {
    try {
        return JSON.parse(await readFile(answerOf(uuid), "utf8")) as Answer;
    } catch {
        // No answer, or an incomplete one: read the console.
        return undefined;
    }
}

async function remember(uuid: string, answer: Answer): Promise<void> {
    await makeCacheFolder("consoles");
    await writeWhole(answerOf(uuid), JSON.stringify(answer));
}

export async function forgetConsole(uuid: string): Promise<void> {
    await rm(answerOf(uuid), { force: true });
}
