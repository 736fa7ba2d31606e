import { figureOf, type Run, tableOf } from "../../../bench/spans/figures";
import { ENGINE, ORDER, OTHER, SPANS } from "../../../bench/spans/names";
import { firstResume, startTicks } from "../../../bench/spans/qemu";
import { divide, type Mark } from "../../../bench/spans/timeline";

const mark = (name: string, from: number, to: number): Mark => ({ name, from, to });

test.each<[string, Mark[], Record<string, number>]>([
    ["nothing is marked", [], { inner: 0, outer: 0, rest: 100 }],
    ["one mark", [mark("outer", 10, 30)], { inner: 0, outer: 20, rest: 80 }],
    ["nested", [mark("outer", 10, 50), mark("inner", 20, 30)], { inner: 10, outer: 30, rest: 60 }],
    ["the order of the marks does not count", [mark("inner", 20, 30), mark("outer", 10, 50)], { inner: 10, outer: 30 }],
    ["overlapping", [mark("outer", 0, 40), mark("inner", 30, 60)], { inner: 30, outer: 30, rest: 40 }],
    ["two of one name at once", [mark("outer", 0, 40), mark("outer", 20, 60)], { outer: 60, rest: 40 }],
    ["begins before and ends after the whole", [mark("outer", -50, 150)], { outer: 100, rest: 0 }],
    ["outside of the whole", [mark("outer", -50, 0), mark("inner", 100, 120)], { inner: 0, outer: 0, rest: 100 }],
    ["without length", [mark("inner", 50, 50)], { inner: 0, rest: 100 }],
])("%s: each moment belongs to one span", (_name, marks, expected) => {
    const spans = divide(marks, ["inner", "outer"], { from: 0, to: 100 }, "rest");
    expect(Object.fromEntries(spans)).toMatchObject(expected);
    expect([...spans.values()].reduce((sum, one) => sum + one)).toBe(100);
});

test("a mark that no span has is an error, and not lost", () =>
    expect(() => divide([mark("new", 0, 1)], ["old"], { from: 0, to: 1 }, "rest")).toThrow('the name "new"'));

test("every span has a place in the order, and an explanation", () =>
    expect([ENGINE, ...ORDER].sort()).toEqual(Object.keys(SPANS).sort()));

test.each([
    ["42 (qemu-system-x86) S 1 42 42 0 -1 4194304 1 0 0 0 12 3 0 0 20 0 4 0 18301 900 5", 18301],
    ["42 (a) b (c) S 1 42 42 0 -1 4194304 1 0 0 0 12 3 0 0 20 0 4 0 77 900 5", 77],
])("the start time in %s", (stat, ticks) => expect(startTicks(stat)).toBe(ticks));
test("a line without one is an error", () => expect(() => startTicks("42 (qemu) S 1")).toThrow("no start time"));

test("the first RESUME of virsh's output", () =>
    expect(
        firstResume(
            "event RESUME at 1700000000.123456 for domain 'guest-0'\nevent RESUME at 1700000009.000000 for domain 'guest-0'\n",
        ),
    ).toBeCloseTo(1_700_000_000_123.456, 3));
test("no RESUME is an error", () => expect(() => firstResume("events received: 0\n")).toThrow("no event RESUME"));

const run = (seconds: number, spans: Record<string, number>): Run => ({
    seconds,
    engineAlone: seconds / 2,
    spans: new Map([...Object.keys(SPANS).map((name) => [name, 0] as const), ...Object.entries(spans)]),
});

test("medians, and the share that has no name", () => {
    const runs = [
        run(4, { [ENGINE]: 2, hashing: 1.9, [OTHER]: 0.1 }),
        run(5, { [ENGINE]: 2.5, hashing: 2.25, [OTHER]: 0.25 }),
        run(9, { [ENGINE]: 6, hashing: 2.9, [OTHER]: 0.1 }),
    ];
    expect(figureOf(runs)).toMatchObject({
        ours: 5,
        beside: { "engine alone": 2.5 },
        parts: { [ENGINE]: 2.5, hashing: 2.25, [OTHER]: 0.1 },
        value: 0.05,
        limit: 0.05,
    });
    const { title, rows } = tableOf(runs);
    expect(title).toBe("Seconds of one create, medians of 3 runs");
    expect(rows.map(([name]) => name)).toEqual([...Object.keys(SPANS), "the whole", "engine alone"]);
    expect(rows[0]?.slice(0, 3)).toEqual([ENGINE, "2.50", "50 %"]);
    expect(rows.at(-2)?.slice(0, 3)).toEqual(["the whole", "5.00", "100 %"]);
});

test("medians that add up to more than the whole are a miss too", () =>
    expect(figureOf([run(5, { [ENGINE]: 6 })])).toMatchObject({ value: 0.2 }));
