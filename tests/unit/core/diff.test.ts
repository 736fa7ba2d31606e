import { UNKNOWN } from "../../../core/handlers";
import { differences, strongest } from "../../../core/unikernel/diff/diff";
import type { StoredInputs } from "../../../core/unikernel/inputs";
import type { BlockSpec, InterfaceSpec } from "../../../model";
import { checked, table } from "./specs";

const data: BlockSpec = { name: "data", digest: "d1", format: "iso9660", mount: "/etc/nginx", access: "read" };
const card: InterfaceSpec = { mac: "52:54:00:00:00:01", attach: { network: "default" }, driver: "vioif", ipv4: "dhcp" };
const kept: BlockSpec = { ...data, access: "persist" };
const UNREAD = "a value that no table row needs";

type Row = [title: string, old: Partial<StoredInputs>, next: Partial<StoredInputs>, expected: Record<string, string>];

const rows: Row[] = [
    ["nothing", {}, {}, {}],
    [
        "what is only said to people",
        { consequence: "create", bootDigest: "b1" },
        { consequence: "restart: args", bootDigest: "b2" },
        {},
    ],
    ["adopt", { adopt: false }, { adopt: true }, {}],
    ["a kernel's path", { kernel: "a/nginx" }, { kernel: "b/nginx" }, {}],
    ["an image's output", { blocks: [data] }, { blocks: [{ ...data, output: "elsewhere.iso" }] }, {}],
    ["the order of env", { env: { A: "1", B: "2" } }, { env: { B: "2", A: "1" } }, {}],
    ["the order of secrets", { secrets: ["env.A", "env.B"] }, { secrets: ["env.B", "env.A"] }, {}],
    ["a value that became secret", { secrets: [] }, { secrets: ["env.A"] }, { secrets: "restart" }],
    ["a rebuilt kernel", {}, { digests: { kernel: "k2", blocks: ["d1"], config: "c1" } }, { kernel: "restart" }],
    [
        "an initrd that is new",
        {},
        { digests: { kernel: "k1", initrd: "i1", blocks: ["d1"], config: "c1" } },
        { initrd: "restart" },
    ],
    ["args", {}, { args: [] }, { args: "restart" }],
    [
        "env: changed, added, removed",
        { env: { A: "1", B: "2" } },
        { env: { A: "9", C: "3" } },
        { "env.A": "restart", "env.B": "restart", "env.C": "restart" },
    ],
    ["platform", {}, { platform: "xen" }, { platform: "replace" }],
    ["name", {}, { name: "other" }, { name: "replace" }],
    ["the URN, by an alias", { urn: "urn:a" }, { urn: "urn:b" }, { urn: "live" }],
    ["another way to the same host", {}, { connection: "qemu+ssh://localhost/system" }, { connection: "live" }],
    ["another host", {}, { connection: "qemu+ssh://other/system", host: UNREAD }, { connection: "replace" }],
    ["another host behind the same URI", {}, { host: UNREAD }, { connection: "replace" }],
    [
        "a way whose host could not be asked",
        {},
        { connection: "qemu+ssh://other/system", host: undefined },
        { connection: "live" },
    ],
    ["more processors", {}, { vcpus: 2 }, { vcpus: "live" }],
    ["fewer processors", { vcpus: 2 }, { vcpus: 1 }, { vcpus: "restart" }],
    ["readiness", {}, { readiness: { tcp: { port: 80 }, timeout: 5 } }, { readiness: "live" }],
    ["a changed image", {}, { blocks: [{ ...data, digest: "d2" }] }, { "blocks[0]": "restart" }],
    [
        "a changed image of a persist disk",
        { blocks: [kept] },
        { blocks: [{ ...kept, digest: "d2" }] },
        { "blocks[0]": "live" },
    ],
    [
        "a persist disk that is to begin again",
        { blocks: [kept] },
        { blocks: [{ ...kept, reseed: "again" }] },
        { "blocks[0]": "restart" },
    ],
    [
        "a persist disk that began again, and stays",
        { blocks: [{ ...kept, reseed: "again" }] },
        { blocks: [{ ...kept, digest: "d2", reseed: "again" }] },
        { "blocks[0]": "live" },
    ],
    ["how many former files stay", {}, { keepLast: 3 }, { keepLast: "live" }],
    [
        "a persist disk that moves",
        { blocks: [kept] },
        { blocks: [{ ...kept, mount: "/data" }] },
        { "blocks[0]": "restart" },
    ],
    ["a second disk", {}, { blocks: [data, kept] }, { "blocks[1]": "restart" }],
    ["a disk less", {}, { blocks: [] }, { "blocks[0]": "restart" }],
    [
        "a source that can be moved",
        {},
        { interfaces: [{ ...card, attach: { network: "blue" } }] },
        { "interfaces[0].attach": "live" },
    ],
    [
        "a source that cannot",
        {},
        { interfaces: [{ ...card, attach: { tap: "tap0" } }] },
        { "interfaces[0].attach": "restart" },
    ],
    ["a mac", {}, { interfaces: [{ ...card, mac: "52:54:00:00:00:02" }] }, { "interfaces[0].mac": "restart" }],
    ["a card more", {}, { interfaces: [card, { ...card, mac: "52:54:00:00:00:02" }] }, { "interfaces[1]": "restart" }],
    ["what a read found edited", { drift: ["interfaces"] }, {}, { interfaces: "restart" }],
    ["a guest that stopped", { state: "stopped" }, {}, { state: "live" }],
];

test.each(rows)("%s", (_title, old, next, expected) => {
    const found = differences(checked(old), checked(next), table);
    expect(Object.fromEntries(found.map(({ property, consequence }) => [property, consequence]))).toEqual(expected);
});

test.each<[string, Partial<StoredInputs>, Record<string, string>]>([
    ["within what is declared", { memory: 128, maxMemory: 256 }, { memory: "live" }],
    ["when that is new too", { memory: 128, maxMemory: 512 }, { memory: "live", maxMemory: "restart" }],
    ["without it", { memory: 128, maxMemory: undefined }, { memory: "restart", maxMemory: "restart" }],
])("a consequence may go by what else is declared: memory %s", (_title, next, expected) => {
    const found = differences(checked({ maxMemory: 256 }), checked(next), {
        memory: {
            consequence: "restart",
            why: "a balloon",
            refine: (_from, _to, { maxMemory }) => (maxMemory === undefined ? "restart" : "live"),
        },
    });
    expect(Object.fromEntries(found.map(({ property, consequence }) => [property, consequence]))).toEqual(expected);
});

test.each<[string, Partial<StoredInputs>, string, Partial<StoredInputs>?]>([
    ["name", { name: UNKNOWN }, "name"],
    ["platform", { platform: UNKNOWN as "kvm" }, "platform"],
    ["a block's digest", { blocks: [{ ...data, digest: UNKNOWN }] }, "blocks[0]"],
    ["a whole block", { blocks: [UNKNOWN as unknown as BlockSpec] }, "blocks[0]"],
    ["a persist disk's digest", { blocks: [{ ...kept, digest: UNKNOWN }] }, "blocks[0]", { blocks: [kept] }],
    ["a card's mac", { interfaces: [{ ...card, mac: UNKNOWN }] }, "interfaces[0].mac"],
    ["all of env", { env: UNKNOWN as unknown as Record<string, string> }, "env"],
])("an unknown is a maybe, and never replaces: %s", (_title, next, property, old = {}) => {
    const found = differences(checked(old), checked(next), table);
    expect(found.map((one) => [one.property, one.unknown])).toEqual([[property, true]]);
    expect(found.map(({ consequence }) => consequence)).not.toContain("replace");
});

test("the strongest consequence decides", () => {
    expect(strongest([{ consequence: "live" }, { consequence: "replace" }, { consequence: "restart" }])).toBe(
        "replace",
    );
    expect(strongest([])).toBe("live");
});
