import { availableParallelism } from "node:os";

import type { MethodName } from "./protocol";

/** start: limited by the processor. stop: limited by waiting. transfer: limited by the disk. other: quick calls. */
export type CallKind = "start" | "stop" | "transfer" | "other";

const callKinds: Partial<Record<MethodName, CallKind>> = {
    domainStart: "start",
    domainDestroy: "stop",
    domainShutdown: "stop",
    networkDestroy: "stop",
    domainReadConsole: "transfer",
    volumeWrite: "transfer",
    volumeCopy: "transfer",
    volumeRead: "transfer",
    volumeDigest: "transfer",
};

export function callKindOf(method: MethodName): CallKind {
    return callKinds[method] ?? "other";
}

/**
 * Return how many calls of each lane run at once on one host. Each call needs its own connection: cheap by a socket
 * (0.4 ms), but an ssh process on a remote host. Together they stay below the 64 threads.
 */
export function concurrencyLimits(remote: boolean): Record<CallKind, number> {
    // A start waits for a third of its time; more starts at once are no faster.
    const start = Math.min(16, Math.max(4, 2 * availableParallelism()));
    return remote ? { start, stop: 4, transfer: 2, other: 2 } : { start, stop: 32, transfer: 4, other: 8 };
}

/** A semaphore: `width` callers run at once, the others wait in order. */
export class Semaphore {
    private readonly waiting: (() => void)[] = [];
    private free: number;

    constructor(width: number) {
        this.free = width;
    }

    async acquire(): Promise<void> {
        if (this.free > 0) this.free--;
        else await new Promise<void>((resolve) => this.waiting.push(resolve));
    }

    release(): void {
        const next = this.waiting.shift();
        if (next) next();
        else this.free++;
    }
}
