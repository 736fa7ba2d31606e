import fc from "fast-check";
import type { Fault } from "./process";
import type { Change } from "./program";
import { type Round, Sequence } from "./sequence";

/** How many sequences: `npm run faults` sets more. */
const RUNS = Number(process.env.PULUMI_UNIKERNEL_FAULTS_RUNS ?? 15);
/** The same in each `npm test`, so that a change of the code alone makes it fail; `npm run faults` takes another each time. */
const SEED = Number(process.env.PULUMI_UNIKERNEL_FAULTS_SEED ?? 20261128);

const change = fc.record({ what: fc.nat(999), which: fc.nat(999), value: fc.nat(999) });
const round: fc.Arbitrary<Round> = fc.record({
    changes: fc.array(change, { minLength: 1, maxLength: 4 }),
    fault: fc.record({
        kind: fc.constantFrom("none", "kill", "kill", "unreachable", "lost", "full", "other run") as fc.Arbitrary<
            Fault["kind"]
        >,
        at: fc.oneof(fc.nat(12), fc.nat(40), fc.nat(150)),
        calls: fc.integer({ min: 1, max: 60 }),
        host: fc.nat(1),
    }),
    edits: fc.oneof(
        { weight: 2, arbitrary: fc.constant<Change[]>([]) },
        fc.array(change, { minLength: 1, maxLength: 2 }),
    ),
    restored: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 3 })),
});

/** How long a smaller sequence is looked for once one has failed. */
const SHRINK_MS = 20_000;

test(
    `${RUNS} sequences of changes and faults over hosts in memory (seed ${SEED})`,
    async () => {
        const reached: Record<string, number> = {};
        let enough = Infinity;
        const property = fc.asyncProperty(fc.array(round, { minLength: 2, maxLength: 6 }), async (rounds) => {
            if (Date.now() > enough) return;
            const sequence = new Sequence();
            try {
                await sequence.play(rounds);
            } catch (error) {
                enough = Math.min(enough, Date.now() + SHRINK_MS);
                throw error;
            }
            for (const kind of sequence.reached) reached[kind] = (reached[kind] ?? 0) + 1;
        });
        try {
            await fc.assert(property, { seed: SEED, numRuns: RUNS });
        } catch (error) {
            if (error instanceof Error)
                error.message = `repeat with npm run faults -- memory --seed ${SEED} --runs ${RUNS}\n${error.message}`;
            throw error;
        }
        process.stdout.write(`faults in memory, seed ${SEED}: reached ${JSON.stringify(reached)}\n`);
    },
    60_000 + RUNS * 10_000,
);
