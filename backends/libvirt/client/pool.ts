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
        await semaphore.acquire();
        try {
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
        await this.opening.acquire();
        const begin = performance.now();
        try {
            const opened = await new Limit(timeouts.connect, true).race(open(this.uri));
            this.cost = performance.now() - begin;
            return opened;
        } catch (error) {
            this.count--;
            for (const wake of [...this.waiting]) wake();
            throw error;
        } finally {
            this.opening.release();
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

function connecting(error: CallFailed): boolean {
    return error.failure.kind === "libvirt" && error.failure.connecting;
}
