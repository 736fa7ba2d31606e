import { create } from "xmlbuilder2";
import { type Group, renderChart } from "../../../bench/chart";
import type { Figure } from "../../../bench/figure";
import { groupsOf, renderPicture } from "../../../bench/picture";

const figure = (more: Partial<Figure>): Figure => ({
    part: "fleet",
    name: "up",
    unit: "s",
    ours: 3,
    beside: { engine: 1, virsh: 2 },
    measure: "ours / virsh",
    value: 1.5,
    ...more,
});
const group = (more: Partial<Group>): Group => ({
    title: "up",
    note: "",
    missed: false,
    bars: [
        { name: "ours", value: 3, text: "3.00 s", ours: true },
        { name: "virsh", value: 1.5, text: "1.50 s", ours: false },
    ],
    ...more,
});

/** Every element of a name, with its attributes and text. */
const elements = (svg: string, name: string) => {
    const found: { attributes: Record<string, string>; text: string }[] = [];
    create(svg).each(
        ({ node }) => {
            if (node.nodeName !== name) return;
            const attributes = (node as unknown as { attributes: Iterable<{ name: string; value: string }> })
                .attributes;
            found.push({
                attributes: Object.fromEntries([...attributes].map((one) => [one.name, one.value])),
                text: node.textContent ?? "",
            });
        },
        false,
        true,
    );
    return found;
};

test("bars of one group have one scale, and only ours has the colour of this package", () => {
    const [ours, virsh] = elements(renderChart("Title", [group({})]), "rect");
    expect(Number(ours?.attributes.width)).toBeCloseTo(2 * Number(virsh?.attributes.width));
    expect([ours?.attributes.class, virsh?.attributes.class]).toEqual(["ours", "bar"]);
});

test("groups have scales of their own, and do not overlap", () => {
    const far = group({ bars: [{ name: "ours", value: 3000, text: "3000 ms", ours: true }] });
    const [first, second, third] = elements(renderChart("Title", [group({}), far]), "rect");
    expect(third?.attributes.width).toBe(first?.attributes.width);
    expect(Number(third?.attributes.y)).toBeGreaterThan(
        Number(second?.attributes.y) + Number(second?.attributes.height),
    );
});

test("a picture has the height of its groups", () => {
    const height = (count: number) =>
        Number(elements(renderChart("Title", Array(count).fill(group({}))), "svg")[0]?.attributes.height);
    expect(height(3) - height(2)).toBe(height(2) - height(1));
    const lowest = elements(renderChart("Title", [group({}), group({})]), "rect").at(-1)?.attributes;
    expect(Number(lowest?.y) + Number(lowest?.height)).toBeLessThan(height(2));
});

test("texts are escaped", () => {
    const svg = renderChart("a < b & c", [group({ title: "<script>" })]);
    expect(svg).not.toContain("<script>");
    expect(elements(svg, "title")[0]?.text).toBe("a < b & c");
});

test("no bar for what was not measured, and nothing for a figure that stands alone", () => {
    const groups = groupsOf([
        figure({ beside: { engine: Number.NaN, virsh: 2 } }),
        figure({ name: "count", beside: {} }),
    ]);
    expect(groups.map(({ bars }) => bars.map(({ name, text }) => `${name} ${text}`))).toEqual([
        ["ours 3.00 s", "virsh 2.00 s"],
    ]);
});

test("what ours consists of is drawn after what is beside it, as ours", () =>
    expect(
        groupsOf([figure({ beside: { engine: 1 }, parts: { check: 0.5, hashing: 2.5 } })])[0]?.bars.map(
            ({ name, ours }) => [name, ours],
        ),
    ).toEqual([
        ["ours", true],
        ["engine", false],
        ["check", true],
        ["hashing", true],
    ]));

test.each([
    [1, "ours / virsh: 1.50, wanted ≤ 1: missed", true],
    [2, "ours / virsh: 1.50, wanted ≤ 2: met", false],
    [undefined, "ours / virsh: 1.50", false],
])("the note with a limit of %j", (limit, note, missed) =>
    expect(groupsOf([figure({ limit })])[0]).toMatchObject({ title: "fleet: up", note, missed }),
);

test("a picture of figures is one SVG that also has colours for dark pages", () => {
    const svg = renderPicture([figure({ limit: 1 })]);
    expect(elements(svg, "svg")).toHaveLength(1);
    expect(elements(svg, "style")[0]?.text).toContain("@media (prefers-color-scheme: dark)");
});
