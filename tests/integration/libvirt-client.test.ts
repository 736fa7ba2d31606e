import { randomUUID } from "node:crypto";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { libvirtError } from "../../backends/libvirt/client";
import type { Host } from "../../backends/libvirt/host";
import { closeHosts, openHost } from "../../backends/libvirt/open";
import { hasCode } from "../../model";
import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";
import { until } from "../support/processes";
import { HANG_MS } from "../support/time";
import { tinyDomain } from "../support/tinyDomain";

jest.setTimeout(900_000);

let machine: LibvirtHost;
let host: Host;
beforeAll(async () => {
    machine = await startLibvirtHost();
    host = await openHost(machine.uri);
});
afterAll(async () => {
    await closeHosts();
    await machine?.close();
});

async function failure(work: Promise<unknown>): Promise<Error> {
    return work.then(
        () => {
            throw new Error("did not fail");
        },
        (error: Error) => error,
    );
}

test("the host says who it is", async () => {
    const info = await host.info();
    expect(info).toMatchObject({ uuid: machine.uuid, session: false, local: true });
    expect(info.libvirtVersion).toBeGreaterThanOrEqual(6_000_000);
    expect(info.capabilities).toContain("<capabilities>");
    expect(await host.domainCapabilities("qemu", "pc")).toContain("<domainCapabilities>");
    const { memory, freeMemory, processors } = await host.resources();
    expect(memory).toBe(await machine.memory());
    expect(processors).toBe(await machine.processors());
    expect(freeMemory).toBeGreaterThan(0);
    expect(freeMemory).toBeLessThan(memory);
});

test("a domain's whole life, each step seen by virsh too", async () => {
    const uuid = randomUUID();
    const both = { live: true, config: true };
    expect(await host.domains.get(uuid)).toBeUndefined();
    await host.domains.define(tinyDomain({ name: "life", uuid, vcpus: 2, devices: "<serial type='pty'/>" }));
    expect(await host.domains.byName("life")).toMatchObject({
        uuid,
        state: "shutoff",
        active: false,
        persistent: true,
        autostart: false,
        liveXml: undefined,
    });

    await host.domains.start(uuid, { paused: true });
    expect(await host.domains.state(uuid)).toEqual({
        id: expect.any(Number),
        state: "paused",
        reason: 1,
        active: true,
    });
    expect(await machine.virsh("domstate", "life")).toBe("paused");
    await host.domains.resume(uuid);
    expect(await machine.virsh("domstate", "life")).toBe("running");
    await host.domains.suspend(uuid);
    expect((await host.domains.state(uuid))?.state).toBe("paused");
    await host.domains.resume(uuid);

    await host.domains.setAutostart(uuid, true);
    await host.domains.setMetadata(uuid, "<mark version='1'>text</mark>", both);
    await host.domains.setOnCrash(uuid, "preserve", both);
    await host.domains.setMemory(uuid, 12 * 1024, { live: false, config: true });
    const record = await host.domains.get(uuid);
    expect(record).toMatchObject({ name: "life", state: "running", active: true, autostart: true });
    for (const xml of [record!.inactiveXml, record!.liveXml!]) {
        expect(xml).toContain("urn:pulumi-unikernel:domain:1");
        expect(xml).toContain("<on_crash>preserve</on_crash>");
    }
    expect(record!.inactiveXml).toContain("<currentMemory unit='KiB'>12288</currentMemory>");
    expect(await machine.virsh("dumpxml", "--inactive", "life")).toContain('version="1"');

    await host.domains.destroy(uuid);
    expect(await host.domains.state(uuid)).toEqual({ state: "shutoff", reason: 2, active: false });
    await host.domains.destroy(uuid);
    await host.domains.undefine(uuid);
    await host.domains.undefine(uuid);
    await host.domains.destroy(uuid);
    expect(await host.domains.get(uuid)).toBeUndefined();
    expect(await machine.virsh("list", "--all", "--name")).toBe("");
});

test("the list has all domains with their states", async () => {
    const uuids = [randomUUID(), randomUUID(), randomUUID()];
    for (const [i, uuid] of uuids.entries()) await host.domains.define(tinyDomain({ name: `list${i}`, uuid }));
    await host.domains.start(uuids[1]!, { paused: true });
    await host.domains.setAutostart(uuids[2]!, true);
    const off = { state: "shutoff", active: false, persistent: true };
    expect(new Map((await host.domains.list()).map((one) => [one.name, one]))).toEqual(
        new Map([
            ["list0", { uuid: uuids[0], name: "list0", reason: 0, autostart: false, ...off }],
            [
                "list1",
                {
                    uuid: uuids[1],
                    name: "list1",
                    reason: 1,
                    id: expect.any(Number) as number,
                    autostart: false,
                    state: "paused",
                    active: true,
                    persistent: true,
                },
            ],
            ["list2", { uuid: uuids[2], name: "list2", reason: 0, autostart: true, ...off }],
        ]),
    );
    for (const uuid of uuids) {
        await host.domains.destroy(uuid);
        await host.domains.undefine(uuid);
    }
    expect(await host.domains.list()).toEqual([]);
});

test("networks: reservations change live and in the configuration; a lease is seen", async () => {
    const network = await machine.defineNatNetwork("net0");
    expect(await host.networks.get("nowhere")).toBeUndefined();
    expect((await host.networks.list()).map(({ name, active }) => [name, active])).toEqual([["net0", true]]);
    const reserve = (command: "add-last" | "modify" | "delete", last: number) =>
        host.networks.updateReservation(
            "net0",
            command,
            `<host mac='52:54:00:00:00:01' name='one' ip='${network.static(last)}'/>`,
        );
    const seen = async () => [
        await machine.virsh("net-dumpxml", "net0"),
        await machine.virsh("net-dumpxml", "--inactive", "net0"),
    ];

    await reserve("add-last", 10);
    for (const xml of await seen()) expect(xml).toContain(`ip='${network.static(10)}'`);
    expect(hasCode(await failure(reserve("add-last", 10)), "program-failed", "in-use", "invalid")).toBe(true);
    await reserve("modify", 11);
    for (const xml of await seen()) expect(xml).toContain(`ip='${network.static(11)}'`);

    // A DHCP client in the host's network: a veth into the bridge, and busybox asking.
    for (const args of [
        ["link", "add", "c0", "type", "veth", "peer", "name", "c1"],
        ["link", "set", "c1", "master", network.bridge, "up"],
        ["link", "set", "c0", "address", "52:54:00:00:00:01", "up"],
    ])
        expect(await machine.exec("ip", args)).toMatchObject({ code: 0 });
    await machine.exec("busybox", ["udhcpc", "-i", "c0", "-n", "-q", "-f", "-s", "/bin/true", "-t", "10", "-T", "1"]);
    // dnsmasq answers first and tells libvirt then.
    await until(async () => (await host.networks.leases("net0")).length > 0);
    expect(await host.networks.leases("net0")).toEqual([
        {
            mac: "52:54:00:00:00:01",
            address: network.static(11),
            hostname: "one",
            network: "net0",
            expires: expect.any(Number),
        },
    ]);

    await reserve("delete", 11);
    for (const xml of await seen()) expect(xml).not.toContain("<host ");
});

describe("a guest of one's own", () => {
    const uuid = randomUUID();
    beforeAll(async () => {
        const { testKernel } = await (await import("../guests/build.mjs")).buildTestKernels();
        const kernel = join(machine.folder, "kernel");
        await copyFile(testKernel, kernel);
        const network = await machine.defineNatNetwork("net1");
        await machine.defineNatNetwork("net2");
        expect(network.name).toBe("net1");
        await host.domains.define(
            tinyDomain({
                name: "guest",
                uuid,
                os: `<kernel>${kernel}</kernel>`,
                devices:
                    "<serial type='pty'/><interface type='network'><mac address='52:54:00:00:00:07'/><source network='net1'/></interface>",
            }),
        );
    });

    test("its console is heard", async () => {
        await host.domains.start(uuid, { paused: true });
        const heard = host.domains.readConsole(uuid, 4000);
        await new Promise((resolve) => setTimeout(resolve, 500));
        await host.domains.resume(uuid);
        expect(await heard).toContain("test kernel");
    });

    test("its interface moves to another network while it runs", async () => {
        const xml = "<interface type='network'><mac address='52:54:00:00:00:07'/><source network='net2'/></interface>";
        await host.domains.updateDevice(uuid, xml, { live: true, config: true });
        expect(await machine.virsh("domiflist", "guest")).toContain("net2");
        expect(await machine.virsh("domiflist", "--inactive", "guest")).toContain("net2");
    });

    test("a console of a guest that ends is heard to its end", async () => {
        let over = false;
        const heard = host.domains.readConsole(uuid, 20 * HANG_MS).then(() => {
            over = true;
        });
        await new Promise((resolve) => setTimeout(resolve, 300));
        expect(over).toBe(false);
        await host.domains.destroy(uuid);
        // Long before the time that it may listen, in which the test would end as a hang.
        await heard;
    });
});

describe("failures", () => {
    const taken = randomUUID();
    beforeAll(async () => {
        await host.domains.define(tinyDomain({ name: "taken", uuid: taken }));
        await host.domains.start(taken, { paused: true });
    });

    test.each<[string, (uuid: string) => Promise<unknown>, string, number | undefined]>([
        ["a start of nothing", (uuid) => host.domains.start(uuid, { paused: false }), "not-found", 42],
        ["leases of no network", () => host.networks.leases("nowhere"), "not-found", 43],
        ["no XML", () => host.domains.define("<domain"), "invalid", 35],
        ["another domain's name", () => host.domains.define(tinyDomain({ name: "taken" })), "in-use", 9],
        ["a second start", () => host.domains.start(taken, { paused: true }), "program-failed", 55],
    ])("%s fails with libvirt's number, and ours", async (_name, work, code, number) => {
        const error = await failure(work(randomUUID()));
        expect(error).toMatchObject({ code });
        expect(libvirtError(error)?.code).toBe(number);
    });
});

test("a start error has QEMU's own words", async () => {
    const uuid = randomUUID();
    const listen =
        "<serial type='tcp'><source mode='bind' host='127.0.0.1' service='7001'/><protocol type='raw'/></serial>";
    await host.domains.define(tinyDomain({ name: "listener", devices: listen }));
    await machine.virsh("start", "--paused", "listener");
    await host.domains.define(tinyDomain({ name: "late", uuid, devices: listen }));
    const error = await failure(host.domains.start(uuid, { paused: false }));
    expect(libvirtError(error)?.message).toMatch(/Failed to find an available port|Address already in use/);
    expect(error).toMatchObject({ code: "in-use" });
});
