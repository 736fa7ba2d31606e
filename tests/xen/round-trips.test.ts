import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Asked, type RoundTrips, roundTrips } from "../../bench/roundTrips";
import { startXenHost, type XenHost } from "../support/xenHost";

const GUESTS = 3;

let host: XenHost;
let asked: RoundTrips;
const folder = mkdtempSync(join(tmpdir(), "xen-round-trips-"));
beforeAll(async () => {
    const kernel = await (await import("../guests/xen/build.mjs")).buildXenTestKernel();
    host = await startXenHost();
    asked = await roundTrips({ folder, uri: host.sshUri, platform: "xen", kernel, guests: GUESTS });
}, 300_000);
afterAll(async () => {
    await host?.stop();
    rmSync(folder, { recursive: true });
});

const countsOf = ({ libvirt, scripts }: Asked) => [libvirt.length, scripts.length];

test("a refresh of all guests by xen+ssh asks in three waits: the domains, their facts, and dom0 by one script", () => {
    // Three lists for all, and for each its state and two definitions.
    expect(countsOf(asked.refresh)).toEqual([3 + 3 * GUESTS, 1]);
    // A fast host may answer the first of a group before the last is sent.
    expect(asked.refresh.waits).toBeLessThanOrEqual(2 * GUESTS + 2);
});

test.each<[keyof RoundTrips, number, number]>([
    ["create", 17, 9],
    ["update", 16, 9],
    ["delete", 14, 4],
])("one %s by xen+ssh makes no more calls of libvirt than %i, and no more scripts than %i", (step, calls, scripts) => {
    const [called, ran] = countsOf(asked[step]);
    expect([called! <= calls, ran! <= scripts, asked[step]]).toEqual([true, true, asked[step]]);
});
