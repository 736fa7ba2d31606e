import { type CallKind, callKindOf, concurrencyLimits, Semaphore } from "./concurrency";
import { CallFailed, type Connection } from "./connection";
import { Limit } from "./limit";
import { methods } from "./methods";
import { open } from "./opener";
import type { MethodName, Progress, Timeouts } from "./protocol";
import { closeConsole } from "./stream";
import { isRemote, unattended } from "./uri";

/** Idempotent requests: repeated on a new connection when theirs turns out to be dead. */
const repeatable = new Set<MethodName>([
    "connectionFacts",
    "nodeFacts",
    "domainCapabilities",
    "domainGet",
    "domainsGet",
    "domainDefinition",
    "domainByName",
    "domainList",
    "domainState",
    "domainProcessorTime",
    "domainDefine",
    "networkGet",
    "networkList",
    "networkLeases",
    "networkDetails",
    "networkDefine",
]);

/** Milliseconds that a console stays open for its next read. */
const CONSOLE_REST = 2000;

/**
 * Opening a connection that takes less is not worth waiting for a free one: a local socket opens at once. Milliseconds.
 */
const WORTH_WAITING = 5;

/** A far host that fails after this time would let each caller wait as long. Milliseconds. */
const SLOW = 2500;

/** The caller of a request. */
interface Caller {
    /** Throws when the caller no longer waits. */
    assertWaiting(): void;
    reportProgress(progress: Progress): void;
}

/** The connections to one host. Each request uses one exclusively, so the lanes limit their number. */
export class Pool {
    private idle: Connection[] = [];
    /** Number of connections that are busy, idle or being opened. */
    private count = 0;
    /** Milliseconds that the last opening took. */
    private cost: number;
    /** Callers that wait for a free connection. */
    private readonly waiting = new Set<(connection?: Connection) => void>();
    /** Fail the openings in progress. */
    private readonly openings = new Set<(error: CallFailed) => void>();
    /** The last slow failure to open a connection. */
    private refused: { error: CallFailed; at: number } | undefined;
    private readonly closing = new Map<string, NodeJS.Timeout>();
    private readonly semaphores: Record<CallKind, Semaphore>;
    /** Connections are opened a few at a time: daemons and sshd limit unauthenticated ones. */
    private readonly opening = new Semaphore(4);
    private readonly uri: string;

    constructor(uri: string) {
        this.uri = unattended(uri);
        this.cost = isRemote(uri) ? 1000 : 0;
        const widths = concurrencyLimits(isRemote(uri));
        this.semaphores = {
            start: new Semaphore(widths.start),
            stop: new Semaphore(widths.stop),
            transfer: new Semaphore(widths.transfer),
            other: new Semaphore(widths.other),
        };
    }

    async run(method: MethodName, args: unknown[], timeouts: Timeouts, caller: Caller): Promise<unknown> {
        const semaphore = this.semaphores[callKindOf(method)];
        const since = performance.now();
        await semaphore.acquire();
        try {
            // The host did not answer others while this request was in line.
            if (this.refused && this.refused.at > since) throw this.refused.error;
            return await this.attempt(method, args, timeouts, caller);
        } catch (error) {
            if (
                !(
                    error instanceof CallFailed &&
                    error.lost &&
                    !connecting(error) &&
                    (error.untouched || repeatable.has(method))
                )
            )
                throw error;
            return await this.attempt(method, args, timeouts, caller);
        } finally {
            semaphore.release();
        }
    }

    private async attempt(
        method: MethodName,
        args: unknown[],
        timeouts: Timeouts,
        { assertWaiting, reportProgress }: Caller,
    ): Promise<unknown> {
        assertWaiting();
        const listened = method === "domainReadConsole" ? String(args[0]) : undefined;
        const connection = await this.take(timeouts, listened);
        const limit = new Limit(
            callKindOf(method) === "start" || callKindOf(method) === "stop" ? timeouts.power : timeouts.call,
            false,
        );
        const progress = (made: Progress): void => {
            assertWaiting();
            limit.extend();
            reportProgress(made);
        };
        const work = methods[method] as (
            connection: Connection,
            progress: (made: Progress) => void,
            ...args: unknown[]
        ) => Promise<unknown>;
        try {
            assertWaiting();
            const result = await limit.race(work(connection, progress, ...args));
            this.free(connection);
            if (listened !== undefined) this.closeLater(connection, listened);
            return result;
        } catch (error) {
            // A stuck connection is neither reused nor closed: closing would wait for its call.
            if (error instanceof CallFailed && error.failure.kind === "timeout") this.count--;
            else if (error instanceof CallFailed && error.lost) await this.drop(connection);
            else {
                this.free(connection);
                if (listened !== undefined) this.closeLater(connection, listened);
            }
            throw error;
        }
    }

    /**
     * Return a connection. An idle one may have died; the request notices that by its first call, which changes
     * nothing.
     */
    private async take(timeouts: Timeouts, listened?: string): Promise<Connection> {
        const at = listened === undefined ? -1 : this.idle.findIndex(({ consoles }) => consoles.has(listened));
        const [rested] = this.idle.splice(at, 1);
        const connection = rested ?? (await this.freed());
        if (connection) return connection.taken();
        this.count++;
        const since = performance.now();
        await this.opening.acquire();
        try {
            if (this.refused && this.refused.at > since) throw this.refused.error;
            return await this.open(timeouts.connect);
        } catch (error) {
            this.count--;
            for (const wake of [...this.waiting]) wake();
            throw error;
        } finally {
            this.opening.release();
        }
    }

    /** Open a connection. One that fails slowly fails all others in progress: they would not fare better, but longer. */
    private async open(milliseconds: number): Promise<Connection> {
        const begin = performance.now();
        const opening = open(this.uri);
        let fail: (error: CallFailed) => void = () => undefined;
        const failed = new Promise<never>((_resolve, reject) => {
            fail = reject;
        });
        this.openings.add(fail);
        try {
            const opened = await new Limit(milliseconds, true).race(Promise.race([opening, failed]));
            this.cost = performance.now() - begin;
            return opened;
        } catch (error) {
            opening.then(
                (late) => late.close(),
                () => undefined,
            );
            const slow = slowly(error, isRemote(this.uri) && performance.now() - begin >= SLOW);
            if (!slow) throw error;
            this.refused = { error: slow, at: performance.now() };
            for (const other of this.openings) other(slow);
            throw slow;
        } finally {
            this.openings.delete(fail);
        }
    }

    /** Wait for a free connection, at most as long as opening another one takes. */
    private freed(): Promise<Connection | undefined> {
        if (this.count === 0 || this.cost < WORTH_WAITING) return Promise.resolve(undefined);
        return new Promise((resolve) => {
            const timer = setTimeout(() => wake(), this.cost);
            const wake = (connection?: Connection): void => {
                clearTimeout(timer);
                this.waiting.delete(wake);
                resolve(connection);
            };
            this.waiting.add(wake);
        });
    }

    private free(connection: Connection): void {
        const [next] = this.waiting;
        if (next) next(connection);
        else this.idle.push(connection);
    }

    /** Close a console that is not read any more, which frees it for other programs. */
    private closeLater(connection: Connection, uuid: string): void {
        clearTimeout(this.closing.get(uuid));
        const close = async (): Promise<void> => {
            this.closing.delete(uuid);
            if (!connection.consoles.has(uuid)) return;
            const at = this.idle.indexOf(connection);
            if (at < 0) return this.closeLater(connection, uuid);
            this.idle.splice(at, 1);
            await closeConsole(connection, uuid);
            this.free(connection);
        };
        this.closing.set(uuid, setTimeout(() => void close(), CONSOLE_REST).unref());
    }

    /** Close a lost connection and all idle ones: the daemon is gone, so they are lost too. */
    private async drop(connection: Connection): Promise<void> {
        const lost = [connection, ...this.idle];
        this.idle = [];
        this.count -= lost.length;
        for (const one of lost) await one.close();
    }
}

/** Return a failure for all callers; undefined where each may try for itself. */
function slowly(error: unknown, waited: boolean): CallFailed | undefined {
    if (!(error instanceof CallFailed)) return undefined;
    if (error.failure.kind === "timeout") return error;
    return error.failure.kind === "libvirt" && waited ? new CallFailed({ ...error.failure, slow: true }) : undefined;
}

function connecting(error: CallFailed): boolean {
    return error.failure.kind === "libvirt" && error.failure.connecting;
}
