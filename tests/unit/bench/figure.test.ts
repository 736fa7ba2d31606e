import { amount, type Figure, median, met, renderTable } from "../../../bench/figure";

const figure = (more: Partial<Figure>): Figure => ({
    part: "fleet",
    name: "up",
    unit: "s",
    ours: 3,
    beside: { engine: 1, virsh: 2.5 },
    measure: "(ours − engine) / virsh",
    value: 0.8,
    ...more,
});

test.each([
    [1, true],
    [0.8, true],
    [0.79, false],
    [undefined, undefined],
])("0.8 against a limit of %j: %j", (limit, expected) => expect(met(figure({ limit }))).toBe(expected));

test.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[7], 7],
])("median of %j", (values, middle) => expect(median(values)).toBe(middle));

test.each([
    [3.217, "s", "3.22 s"],
    [812.4, "ms", "812 ms"],
    [4096.4, "bytes", "4096 B"],
    [27_186_176, "bytes", "25.93 MiB"],
    [7, "", "7"],
] as const)("%d %s is %s", (value, unit, text) => expect(amount(value, unit)).toBe(text));

test("a table: a miss stands out, what has no limit says nothing", () => {
    const table = renderTable([
        figure({ limit: 1 }),
        figure({ name: "change", limit: 0.5 }),
        figure({ name: "x", unit: "bytes", ours: 4096.4, beside: {}, note: "why" }),
    ]);
    expect(table.split("\n")).toEqual([
        "figure         ours    beside it                    measured                 value  wanted",
        "fleet: up      3.00 s  engine 1.00 s, virsh 2.50 s  (ours − engine) / virsh  0.80   ≤ 1     met",
        "fleet: change  3.00 s  engine 1.00 s, virsh 2.50 s  (ours − engine) / virsh  0.80   ≤ 0.5   MISSED",
        "fleet: x       4096 B                               (ours − engine) / virsh  0.80",
        "",
        "  fleet: x: why",
    ]);
});
