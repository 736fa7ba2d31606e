import { UNKNOWN } from "../../../core/handlers";
import { sentence } from "../../../core/unikernel/diff/consequence";
import { type ConsequenceSource, consequenceOfCheck } from "../../../core/unikernel/diff/consequenceOfCheck";
import { differences } from "../../../core/unikernel/diff/diff";
import type { StoredInputs } from "../../../core/unikernel/inputs";
import type { UnikernelSpec } from "../../../model";
import { checked, table } from "./specs";

const image = checked().blocks[0]!;
const consequenceOf = (old: Partial<StoredInputs>, next: StoredInputs, judge: ConsequenceSource): Promise<string> =>
    consequenceOfCheck(old, next, differences(old, { ...next, consequence: "" }, judge.consequences), judge);

test.each<[Partial<StoredInputs>, string]>([
    [{ args: [], env: { GREETING: "good day", ZONE: "a" } }, "restart: args, env.GREETING"],
    [{ autostart: true }, "live: autostart"],
    [{ autostart: true, memory: 128 }, "restart: memory, autostart"],
    [{ platform: "xen", memory: 128 }, "replace: platform, memory"],
    [
        { env: Object.fromEntries([..."ABCDEFG"].map((name) => [name, "1"])) },
        "restart: env.GREETING, env.ZONE, env.A, env.B, env.C and 4 more",
    ],
    [{ blocks: [{ ...image, digest: UNKNOWN }] }, "restart if blocks[0] changes"],
    [{ blocks: [{ ...image, digest: UNKNOWN }], hostname: UNKNOWN }, "restart if hostname, blocks[0] change"],
    [{ blocks: [{ ...image, digest: UNKNOWN }], args: [] }, "restart: args; restart if blocks[0] changes"],
    [{ name: UNKNOWN }, "restart if name changes"],
])("%j", (next, expected) => {
    expect(sentence(differences(checked(), checked(next), table))).toBe(expected);
});

test("a changed image is told by its files where they are known", () => {
    const found = differences(checked(), checked({ blocks: [{ ...image, digest: "d2" }], memory: 65 }), table);
    expect(sentence(found, ({ property }) => (property === "blocks[0]" ? ["/etc/nginx/nginx.conf"] : undefined))).toBe(
        "restart: memory, /etc/nginx/nginx.conf",
    );
});

test("a persist disk keeps its data, and the preview says so", () => {
    const old = checked({ blocks: [{ ...image, access: "persist" }] });
    const next = checked({ blocks: [{ ...image, access: "persist", digest: "d2" }] });
    expect(sentence(differences(old, next, table))).toBe(
        "live: blocks[0] (persist: its data stay, the new image is not used)",
    );
});

const disk = (name: string, more: Partial<StoredInputs["blocks"][number]> = {}): StoredInputs["blocks"][number] => ({
    name,
    digest: name,
    format: "raw",
    access: "persist",
    ...more,
});

test.each<[string, StoredInputs["blocks"], StoredInputs["blocks"], string]>([
    [
        "a seed with another version in its name",
        [disk("db-1.2.img")],
        [disk("db-1.3.img")],
        'restart: blocks[0] (a new, empty disk "db-1.3.img"; db-1.2.img.persist.img stays behind)',
    ],
    [
        "a renamed image",
        [disk("db", { format: "qcow2" })],
        [disk("store")],
        'restart: blocks[0] (a new, empty disk "store"; db.persist.qcow2 stays behind)',
    ],
    ["one more", [], [disk("db")], 'restart: blocks[0] (a new, empty disk "db")'],
    ["one less", [disk("a"), disk("b")], [disk("a")], "restart: blocks[1] (its data stay in b.persist.img)"],
    [
        "the first of two removed",
        [disk("a"), disk("b")],
        [disk("b")],
        'restart: blocks[0] (disk "b" of blocks[1]: its data stay; the data of "a" stay in a.persist.img), blocks[1]',
    ],
    [
        "swapped",
        [disk("a"), disk("b")],
        [disk("b"), disk("a")],
        'restart: blocks[0] (disk "b" of blocks[1]: its data stay), blocks[1] (disk "a" of blocks[0]: its data stay)',
    ],
    [
        "from persist to read",
        [disk("a")],
        [disk("a", { access: "read" })],
        "restart: blocks[0] (its data stay in a.persist.img)",
    ],
    [
        "from read to persist",
        [disk("a", { access: "read" })],
        [disk("a")],
        'restart: blocks[0] (a new, empty disk "a")',
    ],
    [
        "a disk that is to begin again",
        [disk("a")],
        [disk("a", { reseed: "monday" })],
        'restart: blocks[0] (reseed: disk "a" begins again from its image; its present data are kept in a.kept.*)',
    ],
    [
        "again, with an image that is not known yet",
        [disk("a", { reseed: "monday" })],
        [disk("a", { reseed: "tuesday", digest: UNKNOWN })],
        'restart: blocks[0] (reseed: disk "a" begins again from its image; its present data are kept in a.kept.*)',
    ],
    ["a text that was used", [disk("a", { reseed: "monday" })], [disk("a", { reseed: "monday" })], ""],
    ["a new disk with a text", [], [disk("a", { reseed: "monday" })], 'restart: blocks[0] (a new, empty disk "a")'],
    ["another mount of the same disk", [disk("a")], [disk("a", { mount: "/a" })], "restart: blocks[0]"],
    ["the image of a disk by another name", [disk("a")], [disk("a", { image: "b" })], ""],
])("persist disks are told by their names: %s", (_title, old, next, expected) => {
    expect(sentence(differences(checked({ blocks: old }), checked({ blocks: next }), table))).toBe(expected);
});

test("drift is named as such", () => {
    expect(sentence(differences(checked({ drift: ["interfaces"] }), checked(), table))).toBe(
        "restart: interfaces (edited on the host)",
    );
});

test.each<[string, Partial<StoredInputs>, Partial<StoredInputs>, string]>([
    ["another boot", { state: "saved" }, { args: [] }, "restart: args, state (the saved memory image is discarded)"],
    [
        "another boot, later",
        { state: "saved" },
        { args: [], state: "stopped" },
        "restart: args (the saved memory image is discarded)",
    ],
    ["the same boot", { state: "saved" }, {}, "live: state"],
    ["off, as declared", { state: "saved", consequence: "as before" }, { state: "stopped" }, "as before"],
    ["nothing is saved", {}, { args: [] }, "restart: args"],
])("saved memory is said to go where another boot needs it: %s", async (_title, old, next, expected) => {
    expect(await consequenceOf(checked(old), checked(next), { consequences: table })).toBe(expected);
});

test.each([
    ["the host cannot do it live", "restart", "restart: interfaces[0].attach"],
    ["the host can", "live", "live: interfaces[0].attach"],
] as const)("what the table calls live is the host's to say: %s", async (_title, consequence, expected) => {
    const on = (network: string): StoredInputs =>
        checked({ interfaces: [{ mac: "52:54:00:00:00:01", attach: { network } }] });
    const asked: unknown[] = [];
    const judge = {
        consequences: table,
        consequenceOnHost: (
            { connection }: UnikernelSpec,
            { property, from, to }: { property: string; from: unknown; to: unknown },
        ) => {
            if (!property.startsWith("interfaces")) return Promise.resolve(undefined);
            asked.push([connection, property, from, to]);
            return Promise.resolve({ consequence });
        },
    };
    expect(await consequenceOf(on("a"), on("b"), judge)).toBe(expected);
    expect(asked).toEqual([[on("a").connection, "interfaces[0].attach", { network: "a" }, { network: "b" }]]);
    expect(await consequenceOf(on("a"), { ...on("a"), args: [] }, judge)).toBe("restart: args");
    expect(asked).toHaveLength(1);
});

test("a change that the host names is shown with its text; an imported guest restarts whatever the host says", async () => {
    const judge = {
        consequences: table,
        consequenceOnHost: () =>
            Promise.resolve({ consequence: "live" as const, note: "interfaces[0].ipv4 (the guest has it)" }),
    };
    const nic = checked().interfaces[0]!;
    const next = checked({ interfaces: [{ ...nic, ipv4: { reserve: "10.0.0.2" } }] });
    expect(await consequenceOf(checked(), next, judge)).toBe("live: interfaces[0].ipv4 (the guest has it)");
    const imported = { definition: "d", shutdown: true };
    expect(await consequenceOf(checked({ imported }), next, judge)).toBe("restart: interfaces[0].ipv4");
});
