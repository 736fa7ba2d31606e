import { met } from "../../../bench/figure";
import { figureOf, type GrowthTimes, middleOf, STEPS } from "../../../bench/growth";

/** Times of a fleet in which each step costs `each` milliseconds a guest. */
const run = (guests: number, each: number) => ({
    guests,
    times: Object.fromEntries(
        STEPS.map((step) => [step, { processor: guests * each, elapsed: guests * each }]),
    ) as GrowthTimes,
});

test("a guest that costs as much in a large fleet: the slope is its cost, and the ratio is 1", () => {
    const figure = figureOf("check", [run(100, 3), run(500, 3), run(1000, 3)]);
    expect(figure.ours).toBeCloseTo(3);
    expect(figure.value).toBeCloseTo(1);
    expect(met(figure)).toBe(true);
});

test("a guest that costs more in a larger fleet is a miss", () => {
    const figure = figureOf("create", [run(100, 3), run(1000, 4)]);
    expect(figure.value).toBeCloseTo(4 / 3);
    expect(met(figure)).toBe(false);
    expect(figure.beside).toEqual({ "of 100": 3, "of 1000": 4 });
});

test("a figure over several hosts names them, and compares the largest fleet with the smallest", () => {
    const figure = figureOf("create", [run(100, 3), run(300, 6)], 3);
    expect(figure).toMatchObject({ name: "create, 3 hosts", measure: "a guest of 300 / a guest of 100", value: 2 });
});

test("of several runs of a fleet, each step has its median", () => {
    const middle = middleOf([run(10, 9), run(10, 1), run(10, 2)].map(({ times }) => times));
    expect(middle.create).toEqual({ processor: 20, elapsed: 20 });
    expect(Object.keys(middle)).toEqual([...STEPS]);
});
