import { met } from "../../../bench/figure";
import { type QemuRun, qemuFigure } from "../../../bench/growthQemu";

const run = (guests: number, up: number): QemuRun => ({
    guests,
    seconds: { up, preview: up, refresh: up, change: up, destroy: up },
});

test("the start of the engine is in no slope: a guest that costs the same is linear", () => {
    const figure = qemuFigure("up", [run(25, 5 + 25), run(50, 5 + 50), run(100, 5 + 100)]);
    expect(figure.ours).toBeCloseTo(1000);
    expect(figure.value).toBeCloseTo(1);
    expect(met(figure)).toBe(true);
    expect(figure.beside).toEqual({ "all 25": 30_000, "all 50": 55_000, "all 100": 105_000 });
});

test("guests that cost more among many are a miss", () => {
    const figure = qemuFigure("destroy", [run(25, 25), run(50, 50), run(100, 200)]);
    expect(figure.value).toBeCloseTo(3 / (175 / 75));
    expect(met(figure)).toBe(false);
});
