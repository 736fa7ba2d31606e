import { expandFleet } from "../../../model/declared";

const fleet = (more: object) => expandFleet("web", { replicas: 4, template: { state: "running" }, ...more });
const problemsOf = (more: object) => fleet(more).problems.map(({ property, reason }) => `${property}: ${reason}`);

test("a fleet without a strategy is what it was", () => {
    expect(fleet({ maxUnavailable: 3 })).toMatchObject({ maxUnavailable: 3, problems: [] });
    expect(fleet({})).not.toHaveProperty("rollOut");
    expect(fleet({})).not.toHaveProperty("ofMembers");
});

test("a strategy has defaults, and its maxUnavailable orders the members", () => {
    expect(fleet({ strategy: {} })).toMatchObject({
        maxUnavailable: 1,
        rollOut: { canary: { count: 0, bake: 0 }, maxUnavailable: 1, pause: 0, minReady: 0 },
    });
    const whole = { canary: { bake: 30 }, maxUnavailable: 2, pause: 5, minReady: 10 };
    expect(fleet({ strategy: whole, minInService: 2 })).toMatchObject({
        maxUnavailable: 2,
        rollOut: { ...whole, canary: { count: 1, bake: 30 }, minInService: 2 },
    });
    expect(fleet({ maxUnavailable: 3, minInService: 1 }).rollOut).toMatchObject({ maxUnavailable: 3, minInService: 1 });
});

test("the argument of each member has the number of members, those that do not run, and where they may be", () => {
    const members = { "1": { state: "stopped" }, "2": { connection: "qemu+ssh://b/system" } };
    const { ofMembers } = fleet({ strategy: {}, members, template: { connection: "qemu:///system" } });
    expect(ofMembers).toMatchObject({
        fleet: "web",
        replicas: 4,
        idle: [1],
        connections: ["qemu:///system", "qemu+ssh://b/system"],
    });
});

test.each([
    [{ strategy: 3 }, "strategy: found 3; expected an object with canary, maxUnavailable, pause, minReady"],
    [
        { strategy: { canaries: 1 } },
        "strategy.canaries: unknown property; expected canary, maxUnavailable, pause, minReady",
    ],
    [{ strategy: { canary: { count: 0 } } }, "strategy.canary.count: found 0; expected a whole number from 1"],
    [{ strategy: { canary: { bake: -1 } } }, "strategy.canary.bake: found -1; expected a whole number from 0 to 86400"],
    [{ strategy: { pause: 1.5 } }, "strategy.pause: found 1.5; expected a whole number from 0 to 86400"],
    [{ strategy: { maxUnavailable: 0 } }, "strategy.maxUnavailable: found 0; expected a whole number from 1"],
    [
        { strategy: { maxUnavailable: 2 }, maxUnavailable: 2 },
        "maxUnavailable: found it twice; write it in strategy alone",
    ],
    [{ minInService: 5 }, "minInService: found 5; expected a whole number from 0 to 4"],
    [{ minInService: "2" }, "minInService: found a text; expected a whole number from 0 to 4"],
])("%j is refused", (more, reason) => {
    expect(problemsOf(more)).toEqual([reason]);
});
