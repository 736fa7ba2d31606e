import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readFacts, renderDomain } from "../../../backends/libvirt/devices";
import type { DomainModel } from "../../../backends/libvirt/model";
import { least, variants } from "./variants";

const fixture = (name: string): string => readFileSync(join(__dirname, "fixtures", name), "utf8");

/** What a reader finds of a model: worked out here from the model alone. */
function expected(model: DomainModel): object {
    return {
        name: model.name,
        uuid: model.uuid,
        type: model.type,
        machine: model.machine,
        memoryMib: model.maxMemoryMib ?? model.memoryMib,
        currentMemoryMib: model.memoryMib,
        vcpus: model.vcpus,
        onCrash: model.onCrash,
        onReboot: model.onReboot,
        kernel: model.boot.kernel,
        initrd: model.boot.initrd,
        cmdline: model.boot.cmdline,
        disks: model.disks.map(({ path, readonly, target, format }) => ({ path, readonly, target, format })),
        interfaces: model.interfaces.map(({ mac, source }) => {
            const place =
                source.kind === "network"
                    ? source.network
                    : source.kind === "bridge"
                      ? source.bridge
                      : source.kind === "tap"
                        ? source.tap
                        : undefined;
            return { mac, kind: source.kind, source: place };
        }),
        forwards: model.interfaces.flatMap(({ source }) => (source.kind === "user" ? source.forwards : [])),
        consoleLog: model.console?.log,
        panicDevice: model.panicDevice,
        gdb: model.gdb,
        qemuArgs: model.qemuArgs,
    };
}

test.each(Object.entries(variants))("read back what was rendered: %s", (_name, change) => {
    const model = { ...least, ...change };
    expect(readFacts(renderDomain(model))).toEqual(expected(model));
});

test("read what libvirt 9.0 makes of it: addresses, aliases, units, a balloon of its own", () => {
    expect(readFacts(fixture("running.xml"))).toEqual({
        ...expected({ ...least, ...variants["disks-and-interfaces"] }),
        machine: "pc-i440fx-7.2",
        memoryMib: 64,
        currentMemoryMib: 48,
    });
});

test.each([
    ["KiB", "65536", 64],
    ["MiB", "64", 64],
    ["GiB", "1", 1024],
    ["bytes", "67108864", 64],
    ["b", "67108864", 64],
])("memory in %s", (unit, amount, expectedMib) => {
    expect(readFacts(`<domain><memory unit='${unit}'>${amount}</memory></domain>`).memoryMib).toBe(expectedMib);
});

test("a domain of somebody else's makes no trouble", () => {
    const xml = `<domain type='kvm'><name>other</name><devices><interface type='vdpa'><mac address='52:54:00:00:00:01'/></interface>
        <disk type='block' device='disk'><target dev='vda'/></disk></devices></domain>`;
    expect(readFacts(xml)).toMatchObject({
        name: "other",
        interfaces: [{ mac: "52:54:00:00:00:01", kind: "other" }],
        disks: [{ path: "", target: "vda" }],
        forwards: [],
    });
});

test.each([
    ["<network/>", "<network> where <domain>"],
    ["", "where <domain>"],
    ["<domain <", "unreadable"],
    ["libvirt: error", "unreadable"],
])("refuses %s", (xml, message) => {
    expect(() => readFacts(xml)).toThrow(message);
});

test("elements nested deeper than libxml2 reads are refused before a tree is made of them", () => {
    const nested = (levels: number): string =>
        `<domain>${"<a b='>'>".repeat(levels)}<!-- <a><a> --><![CDATA[<a>]]>${"</a>".repeat(levels)}</domain>`;
    expect(readFacts(nested(255)).name).toBe("");
    expect(() => readFacts(nested(256))).toThrow("more than 256 levels");
});
