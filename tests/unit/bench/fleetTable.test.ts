import type { Figure } from "../../../bench/figure";
import { tableOf } from "../../../bench/fleetTable";
import { type Asked, figuresOf } from "../../../bench/roundTrips";

const figure = (more: Partial<Figure>): Figure => ({
    part: "fleet",
    name: "up",
    unit: "s",
    ours: 12.3,
    beside: { engine: 3, "default parallelism": 15, virsh: 9 },
    measure: "(ours − engine) / virsh",
    value: 1.0333,
    limit: 1,
    ...more,
});

test("a fleet as a table: a dash where virsh has no such step, and an empty cell without a limit", () =>
    expect(
        tableOf("Seconds", [
            figure({}),
            figure({ name: "preview", beside: { engine: 3 }, measure: "s", limit: undefined }),
        ]).rows,
    ).toEqual([
        ["up", "12.30", "3.00", "9.00", "(ours − engine) / virsh", "1.03", "≤ 1"],
        ["preview", "12.30", "3.00", "–", "s", "1.03", ""],
    ]));

test("round trips are the waits, beside the calls and scripts", () => {
    const asked = (waits: number): Asked => ({ waits: Array(waits).fill([24, "list"]), seconds: 1.234 });
    const [one, two, three, four] = [asked(1), asked(2), asked(3), asked(4)];
    const figures = figuresOf("delay", 10, {
        ...{ first: asked(9), check: asked(9), read: asked(9), opening: asked(9) },
        ...{ create: one, update: two, delete: three, refresh: four },
    });
    expect(figures.map(({ name, ours, value }) => [name, ours, value])).toEqual([
        ["round trips of one create", 1, 1],
        ["round trips of one update", 2, 2],
        ["round trips of one delete", 3, 3],
        ["round trips of a refresh of 10", 4, 4],
    ]);
    expect(figures[0]).toMatchObject({
        beside: { "calls of libvirt": 1, "scripts by ssh": 1 },
        note: "24, list; 1.23 s, each wait held for 0.15 s",
    });
});
