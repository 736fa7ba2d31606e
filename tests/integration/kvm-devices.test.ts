import { readFileSync } from "node:fs";
import { join } from "node:path";
import { v5 } from "uuid";
import { readFacts, renderDomain, renderInterface } from "../../backends/libvirt/devices";
import type { Host } from "../../backends/libvirt/host";
import type { DomainFacts, DomainModel, InterfaceModel, Mark } from "../../backends/libvirt/model";
import { closeHosts, openHost } from "../../backends/libvirt/open";
import { MARK_VERSION, readMark } from "../../backends/libvirt/xml";
import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";
import { uuid as anyUuid, mark as first, least, net, variants } from "../unit/libvirt-xml/variants";

jest.setTimeout(900_000);

/** What this machine's libvirt cannot run: KVM is hidden, and 9.0 refuses passt. Its schema takes both. */
// On QEMU: what KVM of this machine, passt and Xen would have to run is told by golden files alone.
const names = Object.keys(variants).filter(
    (name) => !["kvm", "passt"].includes(name) && variants[name]?.type !== "xen",
);
/** A few at a time: starting is bound by the processor. */
const WORKERS = 3;

/** A mark of version 1 would get a folder from its definition. */
const mark: Mark = { ...first, schemaVersion: MARK_VERSION };

interface Seen {
    rendered: DomainFacts;
    live: DomainFacts;
    mark?: Mark;
    pci: string[];
    listening: string;
    console: string;
}

let machine: LibvirtHost;
let host: Host;
let seen: Record<string, Promise<Seen>>;

beforeAll(async () => {
    machine = await startLibvirtHost();
    process.env.PULUMI_UNIKERNEL_DIR = machine.env.PULUMI_UNIKERNEL_DIR;
    host = await openHost(machine.uri);
    await machine.defineNatNetwork("default");
    await machine.defineNatNetwork("other");
    await machine.exec("ip", ["tuntap", "add", "tap0", "mode", "tap"]);
    const { testKernel } = await (await import("../guests/build.mjs")).buildTestKernels();
    const lanes = Array.from({ length: WORKERS }, () => Promise.resolve<unknown>(undefined));
    seen = Object.fromEntries(
        names.map((name, index) => {
            const turn = lanes[index % WORKERS]!.then(() => tryOut(modelOf(name), readFileSync(testKernel)));
            lanes[index % WORKERS] = turn.catch(() => undefined);
            return [name, turn];
        }),
    );
});

afterAll(async () => {
    await Promise.allSettled(Object.values(seen ?? {}));
    delete process.env.PULUMI_UNIKERNEL_DIR;
    await closeHosts();
    await machine?.close();
});

/** The variant with an identity, a folder and ports of its own. */
function modelOf(name: string): DomainModel {
    const uuid = v5(name, anyUuid);
    const text = JSON.stringify({ ...least, ...variants[name], name, uuid })
        .replaceAll(`/var/lib/pulumi-unikernel/${anyUuid}`, join(machine.env.PULUMI_UNIKERNEL_DIR, uuid))
        .replaceAll(/"(?:host|port)":(\d+)/g, (found, port: string) =>
            found.replace(port, String(Number(port) + 10 * names.indexOf(name))),
        );
    return JSON.parse(text) as DomainModel;
}

async function tryOut(model: DomainModel, kernel: Buffer): Promise<Seen> {
    const { uuid } = model;
    await host.files.put(uuid, "kernel-0123", [{ bytes: kernel }], { mode: 0o644 });
    if (model.boot.initrd)
        await host.files.put(uuid, "initrd-4567", [{ bytes: Buffer.from('{ "cmdline": "test" }') }], { mode: 0o644 });
    for (const [index, { format }] of model.disks.entries()) {
        await host.files.put(uuid, `disk${index}`, [{ bytes: Buffer.alloc(1 << 20) }], { mode: 0o644 });
        const path = await host.files.path(uuid, `disk${index}`);
        if (format === "qcow2") await machine.exec("qemu-img", ["create", "-q", "-f", "qcow2", path, "1M"]);
    }
    const xml = renderDomain(model, mark);
    await host.domains.define(xml);
    try {
        await host.domains.start(uuid, { paused: false });
        const record = await host.domains.get(uuid);
        return {
            rendered: readFacts(xml),
            live: readFacts(record?.liveXml ?? ""),
            mark: readMark(record?.liveXml ?? ""),
            pci: await devices(uuid),
            listening: (await machine.exec("ss", ["-Hlntu"])).stdout,
            console: await saysSomething(uuid),
        };
    } finally {
        await host.domains.destroy(uuid);
        await host.domains.undefine(uuid);
    }
}

/** `slot vendor:device` of everything on the root bus, as QEMU's own monitor has it. */
async function devices(uuid: string): Promise<string[]> {
    const text = await machine.virsh("qemu-monitor-command", uuid, "--hmp", "info pci");
    return [...text.matchAll(/Bus +0, device +(\d+), function +\d+:[\s\S]*?PCI device (\w{4}:\w{4})/g)].map(
        (match) => `${match[1]} ${match[2]}`,
    );
}

async function saysSomething(uuid: string): Promise<string> {
    for (let tries = 0; ; tries++) {
        const text = await host.files.read(uuid, "console.log", { length: 4096 });
        if (text.includes("\n") || tries > 100) return text;
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

/** What the machine has whatever we ask for: host bridge, ISA bridge, IDE or SATA, power management. */
const BASE: Record<string, string[]> = {
    pc: ["0 8086:1237", "1 8086:7000", "1 8086:7010", "1 8086:7113"],
    q35: ["0 8086:29c0", "31 8086:2918", "31 8086:2922", "31 8086:2930"],
};
/** Virtio 1.1, 4.1.2.1: transitional devices are 1000 (network) and 1001 (block), modern ones 1041 and 1042. QEMU makes the plain ones transitional on a root bus. */
const expectedDevices = ({ disks, interfaces, machine: type, qemuArgs }: DomainModel): string[] =>
    [
        ...(BASE[type] ?? []),
        ...disks.map(({ slot }) => `${slot} 1af4:1001`),
        ...interfaces.map(({ slot }) => `${slot} 1af4:1000`),
        ...(qemuArgs.some((arg) => arg.startsWith("virtio-rng-pci")) ? ["30 1af4:1005"] : []),
    ].sort();

test.each(names)("QEMU runs %s: what was asked for, and nothing else", async (name) => {
    const model = modelOf(name);
    const { rendered, live, pci, console, ...found } = await seen[name]!;
    expect(pci.sort()).toEqual(expectedDevices(model));
    expect({ ...live, machine: "" }).toEqual({ ...rendered, machine: "" });
    expect(live.machine).toContain(model.machine === "pc" ? "i440fx" : "q35");
    expect(found.mark).toEqual(mark);
    expect(console).toContain("rump kernel bare metal bootstrap");
    for (const { protocol, address, host: port } of rendered.forwards)
        expect(found.listening).toMatch(new RegExp(`^${protocol}\\s.*\\s${address}:${port}\\s`, "m"));
    if (model.gdb) expect(found.listening).toContain(`${model.gdb.address}:${model.gdb.port} `);
});

/** Defines and starts one, paused, with a folder of its own; ends it afterwards. */
async function withDomain(
    name: string,
    change: Partial<DomainModel>,
    work: (uuid: string) => Promise<void>,
): Promise<void> {
    const uuid = v5(name, anyUuid);
    const { testKernel } = await (await import("../guests/build.mjs")).buildTestKernels();
    await host.files.put(uuid, "kernel", [{ file: testKernel }], { mode: 0o644 });
    const [kernel, log] = await Promise.all(["kernel", "console.log"].map((file) => host.files.path(uuid, file)));
    await host.domains.define(
        renderDomain(
            { ...least, ...change, name, uuid, boot: { kernel: kernel! }, console: { log: log!, append: true } },
            mark,
        ),
    );
    await host.domains.start(uuid, { paused: true });
    try {
        await work(uuid);
    } finally {
        await host.domains.destroy(uuid);
        await host.domains.undefine(uuid);
    }
}

test("forwards lead to the address of a static guest", () =>
    withDomain("usernet", variants["user-static"]!, async (uuid) => {
        const routes = await machine.virsh("qemu-monitor-command", uuid, "--hmp", "info usernet");
        expect(routes).toMatch(/TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1 18080\s+10\.0\.0\.2\s+80\s/);
    }));

test("an interface moves to another network and to a bridge while the guest runs; what to do at a crash changes", async () => {
    const plugged = (source: InterfaceModel["source"]): InterfaceModel => net(1, source);
    await withDomain("moves", { interfaces: [plugged({ kind: "network", network: "default" })] }, async (uuid) => {
        const live = async () => readFacts((await host.domains.get(uuid))?.liveXml ?? "");
        for (const source of [
            { kind: "network", network: "other" },
            { kind: "bridge", bridge: "virbr0" },
            { kind: "network", network: "default" },
        ] as const) {
            await host.domains.updateDevice(uuid, renderInterface(plugged(source)), { live: true, config: false });
            expect((await live()).interfaces).toEqual([
                {
                    mac: "52:54:00:00:00:01",
                    kind: source.kind,
                    source: "network" in source ? source.network : source.bridge,
                },
            ]);
        }
        await host.domains.setOnCrash(uuid, "preserve", { live: true, config: false });
        expect((await live()).onCrash).toBe("preserve");
    });
});
