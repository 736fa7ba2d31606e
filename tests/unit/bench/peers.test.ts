import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { definition } from "../../../bench/peers/definition";
import { figuresOf, type Measured, tableOf } from "../../../bench/peers/figures";
import { type Loss, wordsOf } from "../../../bench/peers/losses";
import type { Seen } from "../../../bench/peers/losses/seen";
import { versionOf } from "../../../bench/peers/programs";
import { proportional } from "../../../bench/peers/pss";
import { configuration } from "../../../bench/peers/tofu";
import { installArguments } from "../../../bench/peers/virtInstall";

const KERNEL = "/kernels/test.elf";
const UUID = "a35b0c86-8f0d-4d34-9c3f-fbc6b7d1f3a5";

const GOLDEN: Record<string, () => string> = {
    "guest.xml": () => definition({ name: "guest-0", uuid: UUID, kernel: KERNEL, round: "0" }),
    "guest-devices.xml": () =>
        definition({
            name: "guest-0",
            kernel: KERNEL,
            round: "1",
            disk: "/disks/a&b.raw",
            network: { name: "peers", mac: "52:54:00:12:34:56" },
            qemuArgument: "-unknown",
        }),
    "main.tf.json": () => `${JSON.stringify(configuration("qemu:///system", KERNEL), null, 2)}\n`,
    "main-devices.tf.json": () =>
        `${JSON.stringify(
            configuration("qemu:///system", KERNEL, {
                disk: { pool: "pool", source: "/disks/first.raw" },
                network: "peers",
                xslt: "<xsl:stylesheet/>",
            }),
            null,
            2,
        )}\n`,
    "virt-install.txt": () => `${installArguments("guest-0", KERNEL, "0").join("\n")}\n`,
};

test.each(Object.entries(GOLDEN))("%s is as it was", (name, render) => {
    const file = join(__dirname, "golden", name);
    if (process.env.UPDATE_GOLDEN) {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, render());
    }
    expect(render()).toBe(readFileSync(file, "utf8"));
});

const ROLLUP = `292355651d0b4e000-7fff22cea000 ---p 00000000 00:00 0                          [rollup]
Rss:               41828 kB
Pss:               29337 kB
Pss_Dirty:         19492 kB
SwapPss:               0 kB
`;

test("the proportional size is the line Pss, in bytes", () => expect(proportional(ROLLUP)).toBe(29337 * 1024));
test("a rollup without it is an error", () =>
    expect(() => proportional(ROLLUP.replace("Pss: ", "Uss: "))).toThrow("no line Pss"));

test.each([
    ["module x\n\nrequire example.org/a v1.2.3\n"],
    ["module x\n\nrequire (\n\texample.org/ab v9.0.0\n\texample.org/a v1.2.3 // indirect\n)\n"],
])("the version in %j", (text) => expect(versionOf(text, "example.org/a")).toBe("v1.2.3"));
test("a module file without the module is an error", () =>
    expect(() => versionOf("require example.org/ab v1.0.0", "example.org/a")).toThrow("does not require"));

const measured = (name: string, seconds: number, memory: number, more: Partial<Measured> = {}): Measured => ({
    name,
    lives: [
        { create: seconds, unchanged: seconds, change: seconds, more: seconds, destroy: seconds },
        { create: 3 * seconds, unchanged: 3 * seconds, change: 3 * seconds, more: 3 * seconds, destroy: 3 * seconds },
    ],
    memory: memory > 0 ? [memory] : [],
    ...more,
});
const ALL = [
    measured("OpenTofu", 10, 40 * 2 ** 20),
    measured("virt-install", 20, 30 * 2 ** 20, { lives: [{ create: 20 }] }),
    measured("ours", 4.5, 30 * 2 ** 20),
    measured("ours, by the plugin", 6, 30 * 2 ** 20),
    measured("engine alone", 4.25, 0),
];

test("medians beside OpenTofu; a plan with nothing to do is compared with the engine alone", () => {
    const figures = figuresOf(30, ALL);
    const find = (name: string) => figures.find((figure) => figure.name === name);
    expect(find("one argument changed on all 30")).toMatchObject({
        ours: 9,
        value: 0.45,
        limit: 0.5,
        beside: { OpenTofu: 20, "ours, by the plugin": 12, "engine alone": 8.5 },
    });
    expect(find("one argument changed on all 30, by the plugin")).toMatchObject({
        value: 0.6,
        beside: {},
    });
    expect(find("plan of 30, nothing to do")).toMatchObject({ value: 0.5, limit: 0.3 });
    expect(find("memory of a guest's QEMU (PSS), one of 30")).toMatchObject({ value: 0.75, limit: 0.85 });
    expect(figures).toHaveLength(12);
});

test("the table has a dash for a step that a tool does not have", () => {
    const { head, rows } = tableOf(30, 2, ALL);
    expect(head).toEqual(["", "OpenTofu", "virt-install", "ours", "ours, by the plugin", "engine alone"]);
    expect(rows[0]).toEqual(["create of 30", "20.00", "20.00", "9.00", "12.00", "8.50"]);
    expect(rows.at(-2)).toEqual(["destroy of 40", "20.00", "–", "9.00", "12.00", "8.50"]);
    expect(rows.at(-1)?.slice(1)).toEqual(["40.00", "30.00", "30.00", "30.00", "–"]);
});

const BEFORE: Seen = { uuid: "u1", mac: "m1", process: "7", data: true, definition: "<a/>" };
test.each<[string, Omit<Loss, "before">, string[]]>([
    ["a restart", { failed: false, after: { ...BEFORE, process: "8" } }, ["succeeds", "was restarted", "–", "nothing"]],
    [
        "another guest under the name",
        { failed: false, after: { ...BEFORE, uuid: "u2", mac: "m2", process: "8", data: false } },
        ["succeeds", "was restarted", "–", "uuid, MAC, data on the disk"],
    ],
    [
        "a success that did nothing",
        { failed: false, after: { ...BEFORE } },
        ["succeeds, changes nothing", "runs on", "–", "nothing"],
    ],
    [
        "a change while it runs",
        { failed: false, after: { ...BEFORE, definition: "<b/>" } },
        ["succeeds", "runs on", "–", "nothing"],
    ],
    [
        "a refusal that changed nothing",
        { failed: true, after: BEFORE, mended: { failed: false, seen: BEFORE } },
        ["fails", "runs on", "succeeds; runs on", "nothing"],
    ],
    [
        "a guest that stays away",
        { failed: true, after: undefined, mended: { failed: true, seen: { ...BEFORE, process: "" } } },
        ["fails", "is gone", "fails; is stopped", "guest"],
    ],
    [
        "a guest that is gone for good",
        { failed: true, after: undefined, mended: { failed: true, seen: undefined } },
        ["fails", "is gone", "fails; is gone", "guest, uuid, MAC, data on the disk"],
    ],
])("%s", (_name, loss, words) => expect(wordsOf({ before: BEFORE, ...loss })).toEqual(words));
