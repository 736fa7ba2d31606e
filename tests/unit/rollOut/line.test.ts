import { forecast, type Planned } from "../../../core/rollOut/line";

const running = { inService: true, inState: true, runs: true };
type Kind = keyof typeof KINDS;
const KINDS = {
    same: { change: "none", ...running },
    live: { change: "live", ...running },
    restart: { change: "restart", ...running },
    replace: { change: "replace", ...running },
    create: { change: "create", inService: false, inState: false, runs: true },
    down: { change: "restart", inService: false, inState: true, runs: true },
    stopped: { change: "none", inService: false, inState: true, runs: false },
} as const;

function plan(kinds: (Kind | "unchecked")[], more: Partial<Planned> = {}): Planned {
    return {
        fleet: "web",
        replicas: kinds.length,
        former: kinds.length,
        canary: { count: 0, bake: 0 },
        maxUnavailable: 1,
        pause: 0,
        minReady: 0,
        notes: new Map(kinds.flatMap((kind, index) => (kind === "unchecked" ? [] : [[index, KINDS[kind]] as const]))),
        ...more,
    };
}
const many = (kind: Kind, count: number): Kind[] => Array.from({ length: count }, () => kind);
const STRATEGY = { canary: { count: 1, bake: 30 }, maxUnavailable: 2 };

test.each<[string, Planned]>([
    ["", plan(many("same", 3))],
    ["create 12, 2 at a time", plan(many("create", 12), STRATEGY)],
    [
        "12 restarts: canary 1 (30 s), then 2 at a time, at least 10 of 12 in service; about 100 s",
        plan(many("restart", 12), STRATEGY),
    ],
    [
        "12 restarts: canary 1 (30 s), then 2 at a time, at least 10 of 12 in service; about 4 min",
        plan(many("restart", 12), { ...STRATEGY, minReady: 20, pause: 5 }),
    ],
    [
        "1 restart and 1 replacement: 1 at a time, at least 3 of 4 in service; about 20 s; 1 changed while it runs",
        plan(["restart", "replace", "live", "same"]),
    ],
    // One member alone: no more than it is down.
    ["1 restart: canary 1 (30 s), at least 2 of 3 in service; about 40 s", plan(["restart", "same", "same"], STRATEGY)],
    // One that is created adds nothing before it is there.
    [
        "1 restart: 1 at a time, at least 1 of 4 in service; about 10 s; create 2, 1 at a time",
        plan(["restart", "same", "create", "create"]),
    ],
    ["2 changed while they run", plan(["live", "live"])],
    ["removes web-2, web-3", plan(many("same", 2), { former: 4 })],
    ["removes web-4 … web-11", plan(many("same", 4), { former: 12 })],
    ["1 restart: 1 at a time; about 10 s", plan(["down", "same"])],
    ["1 restart: 1 at a time, at least 1 of 3 in service; about 10 s", plan(["restart", "stopped", "same"])],
    [
        "2 restarts: 1 at a time, at least 1 of 2 in service; about 20 s; web-1 is not in service: bring it back first (pulumi up --target)",
        plan(["restart", "down"]),
    ],
    [
        "budget not provable: web-1 is no part of this run; 1 restart: 1 at a time; about 10 s",
        plan(["restart", "unchecked"]),
    ],
])("%s", (line, planned) => {
    expect(forecast(planned)).toEqual({ line });
});

test.each<[RegExp | undefined, Planned]>([
    [undefined, plan(many("restart", 4), { maxUnavailable: 2, minInService: 2 })],
    [
        /keeps at least 2 of 4 in service, and 3 are asked for/,
        plan(many("restart", 4), { maxUnavailable: 2, minInService: 3 }),
    ],
    [/not provable: web-1 is no part of this run/, plan(["restart", "unchecked"], { minInService: 1 })],
    // Nothing is stopped.
    [undefined, plan(many("create", 4), { minInService: 3 })],
    [undefined, plan(["live", "unchecked"], { minInService: 2 })],
])("minInService: %s", (problem, planned) => {
    const found = forecast(planned).problem;
    if (problem === undefined) expect(found).toBeUndefined();
    else expect(found).toMatch(problem);
});
