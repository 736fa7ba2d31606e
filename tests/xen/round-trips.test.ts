import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { callsIn, type RoundTrips, roundTrips, scriptsIn } from "../../bench/roundTrips";
import { startXenHost, type XenHost } from "../support/xenHost";

/**
 * A wait is what a far host makes a program wait for: all calls of libvirt and scripts that are sent before the first of
 * them is answered are one, on connections that are open. Its calls of libvirt are the messages to the daemon, whichever
 * function of the C library sends them. The check of a new guest is counted apart from its create: an engine makes it in
 * a preview too. The refresh is of all guests together.
 */
const GUESTS = 3;

let host: XenHost;
let asked: RoundTrips;
const folder = mkdtempSync(join(tmpdir(), "xen-round-trips-"));
beforeAll(async () => {
    const kernel = await (await import("../guests/xen/build.mjs")).buildXenTestKernel();
    host = await startXenHost();
    asked = await roundTrips({ folder, uri: host.sshUri, platform: "xen", kernel, guests: GUESTS });
}, 900_000);
afterAll(async () => {
    await host?.stop();
    rmSync(folder, { recursive: true });
});

test.each<[keyof RoundTrips, number, number, number]>([
    ["check", 1, 1, 0],
    ["create", 6, 9, 7],
    ["update", 16, 14, 9],
    ["delete", 4, 10, 3],
    ["refresh", 2, 3 + 3 * GUESTS, 1],
])(
    "a %s by xen+ssh waits for the host no more than %i times, for %i calls of libvirt and %i scripts",
    (step, waits, calls, scripts) => {
        const counts = [asked[step].waits.length, callsIn(asked[step]).length, scriptsIn(asked[step]).length];
        const limits = [waits, calls, scripts];
        expect([counts.every((count, index) => count <= limits[index]!), counts, asked[step].waits]).toEqual([
            true,
            counts,
            asked[step].waits,
        ]);
    },
);
