import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { closeHosts } from "../../backends/libvirt";
import type { Shown } from "../../core/commands";
import { logicalName } from "../../model";
import { type Stack, withStack } from "../support/engine";
import { TestNetworks } from "../support/hostNetworks";
import { capture } from "../support/processes";
import { HANG_MS } from "../support/time";
import { startXenHost, type XenHost } from "../support/xenHost";

jest.setTimeout(1_800_000);

const main = resolve(__dirname, "../../dist/cli/main.js");
const { PATH } = process.env;
const local = mkdtempSync(join(tmpdir(), "xen-fleet-"));

let host: XenHost;
let kernel: string;
let networks: TestNetworks;
beforeAll(async () => {
    kernel = await (await import("../guests/xen/build.mjs")).buildXenTestKernel();
    host = await startXenHost();
    networks = new TestNetworks(host);
}, 900_000);
afterAll(async () => {
    await closeHosts();
    await host?.stop();
});

test("try", async () => {
    const t0 = performance.now();
    const lap = (w: string) => console.log(w, Math.round(performance.now() - t0));
    const args = { name: "lan", mode: "isolated", ipv4: { address: "10.20.0.1/24", dhcp: { start: "10.20.0.100", end: "10.20.0.200" } } };
    const state = await networks.up("lan", args);
    lap("up");
    console.log(await host.virsh("net-dumpxml", "lan"), await host.run("ps", "ax"), (await host.exec("iptables-save")).stdout);
    const s2 = await networks.up("lan", { ...args, mode: "nat", domain: "web.internal" }, state);
    lap("nat");
    console.log(await host.virsh("net-dumpxml", "lan"), (await host.exec("iptables-save")).stdout);
    await networks.destroy(s2);
    lap("gone");
    console.log((await host.exec("ip", ["link"])).stdout);
});
