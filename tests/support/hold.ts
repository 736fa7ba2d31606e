import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Host } from "../../backends/libvirt/host";
import { watch } from "./faults";

/** A point in the work on one guest. */
export interface HoldPoint {
    /** The guest's uuid. */
    uuid: string;
    /** A call of the host, such as `domains.define`; left out, the first that changes anything. */
    call?: string;
    when: "before" | "after";
}

interface Plan {
    folder: string;
    points: HoldPoint[];
    opener?: string;
}

/** A provider that waits in the middle of its work, so that a test can interfere. */
export interface Hold {
    /** Environment for the engine run whose provider is to be held. */
    env: Record<string, string>;
    /** Wait until every guest has reached its point. Rejects when the run ends earlier. @returns the provider's pid */
    reached(run: Promise<{ text: string }>): Promise<number>;
    /** Let the provider continue. */
    release(): void;
    /** Remove the hold's files. */
    remove(): Promise<void>;
}

/** @param modules the packages of an installed release (release.ts). @default this repository's own */
export async function holdAt(points: HoldPoint[], modules?: string): Promise<Hold> {
    const folder = await mkdtemp(join(tmpdir(), "pulumi-unikernel-hold-"));
    const preload = join(__dirname, "holdProvider.cjs");
    const opener = modules && join(modules, "pulumi-unikernel/dist/backends/libvirt/open.js");
    return {
        env: {
            NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} --require "${preload}"`.trim(),
            PULUMI_UNIKERNEL_TEST_HOLD: JSON.stringify({ folder, points, opener } satisfies Plan),
        },
        async reached(run) {
            let ended: { text: string } | undefined;
            void run.then((result) => {
                ended = result;
            });
            while (!existsSync(join(folder, "pid"))) {
                if (ended)
                    throw new Error(`The run ended before ${JSON.stringify(points)} were reached:\n${ended.text}`);
                await pause();
            }
            return Number(readFileSync(join(folder, "pid"), "utf8"));
        },
        release: () => writeFileSync(join(folder, "go on"), ""),
        remove: () => rm(folder, { recursive: true }),
    };
}

/**
 * Return the provider's host, at which each guest stops at its point until all have reached theirs and the test
 * releases them.
 */
export function holding(host: Host, { folder, points }: Plan): Host {
    const left = new Set(points);
    const goOn = async (): Promise<void> => {
        while (!existsSync(join(folder, "go on"))) await pause();
    };
    const stop = (point: HoldPoint): Promise<void> => {
        left.delete(point);
        if (left.size === 0) {
            // Renamed into place, so that it is never read half written.
            writeFileSync(join(folder, "pid.new"), String(process.pid));
            renameSync(join(folder, "pid.new"), join(folder, "pid"));
        }
        return goOn();
    };
    return watch(host, async (name, call, args) => {
        const point = points.find(({ uuid }) => args.some((one) => typeof one === "string" && one.includes(uuid)));
        if (!point) return call();
        // Work in parallel to a held call waits too.
        if (!left.has(point)) await goOn();
        const here = left.has(point) && (point.call ?? name) === name;
        if (here && point.when === "before") await stop(point);
        const result = await call();
        if (here && point.when === "after") await stop(point);
        return result;
    });
}

const pause = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 10));
