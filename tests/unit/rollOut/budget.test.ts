import fc from "fast-check";
import type { MemberChange } from "../../../core/rollOut/notes";
import { type Scenario, simulate } from "./simulation";

jest.setTimeout(900_000);

const change = fc.oneof(
    { arbitrary: fc.constant<MemberChange>("restart"), weight: 5 },
    { arbitrary: fc.constantFrom<MemberChange>("none", "live", "replace"), weight: 2 },
);

const scenario: fc.Arbitrary<Scenario> = fc
    .record({
        changed: fc.array(change, { minLength: 1, maxLength: 9 }),
        created: fc.integer({ min: 0, max: 3 }),
        maxUnavailable: fc.integer({ min: 1, max: 4 }),
        canary: fc.record({ count: fc.integer({ min: 0, max: 3 }), bake: fc.integer({ min: 0, max: 5 }) }),
        pause: fc.integer({ min: 0, max: 3 }),
        minInService: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
        parallel: fc.constantFrom(1, 2, 3, 32),
        fails: fc.array(fc.record({ index: fc.nat(8), lost: fc.boolean() }), { maxLength: 2 }),
        killed: fc.option(fc.nat(8), { nil: undefined, freq: 4 }),
        unordered: fc.boolean(),
        seed: fc.nat(),
    })
    .map(({ changed, created, ...rest }) => ({
        ...rest,
        // Members are added in their order in any case: one that is missing in the middle counts as lost.
        unordered: rest.unordered && created === 0,
        changes: [...changed, ...Array.from({ length: created }, () => "create" as const)],
    }));

test("of 1,000 fleets and changes, none has fewer members in service than the preview says, none hangs, and a failure is the last", async () => {
    const seen = { stops: 0, refused: 0, failed: 0, changed: 0 };
    await fc.assert(
        fc.asyncProperty(scenario, async (given) => {
            const found = await simulate(given);
            const { before, fewest, kept, problem, results, late } = found;
            for (const one of results) if (one in seen) seen[one as keyof typeof seen]++;
            if (kept !== undefined) seen.stops++;
            const killed = given.killed !== undefined && (given.changes[given.killed] ?? "create") !== "create";
            // Whoever stopped a member outside of the run is not the run.
            if (kept === undefined) expect(fewest).toBe(before);
            else if (!killed) expect(fewest).toBeGreaterThanOrEqual(kept);
            else expect(fewest).toBeGreaterThanOrEqual(Math.min(before, before + 1 - given.maxUnavailable));
            // What a preview cannot promise, the run holds all the same.
            const least = given.minInService;
            if (least !== undefined && kept !== undefined && before > least)
                expect(fewest).toBeGreaterThanOrEqual(least);
            if (!killed && problem === undefined && given.fails.length === 0)
                expect(results.filter((one) => one !== "changed" && one !== "unchanged")).toEqual([]);
            expect(late).toEqual([]);
        }),
        { numRuns: 1000 },
    );
    // The scenarios reach what they are to reach.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(100);
});
