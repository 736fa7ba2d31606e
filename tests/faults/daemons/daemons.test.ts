import { appendFileSync, copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { nginxGuest, testKernel } from "../../e2e/guests";
import { withStack } from "../../support/engine";
import { type LibvirtHost, startLibvirtHost } from "../../support/libvirtHost";
import { FarHost } from "./farHost";
import { DaemonSequence, DISTURBANCES, EDITS, type Round } from "./sequence";

/** How many sequences, and how long they are: `npm run faults` sets more. */
const RUNS = Number(process.env.PULUMI_UNIKERNEL_FAULTS_DAEMON_RUNS ?? 1);
const ROUNDS = Number(process.env.PULUMI_UNIKERNEL_FAULTS_ROUNDS ?? 1);
const SEED = Number(process.env.PULUMI_UNIKERNEL_FAULTS_SEED ?? 20261128);

const number = fc.nat(999);
const round: fc.Arbitrary<Round> = fc.record({
    changes: fc.array(fc.record({ what: number, which: number, value: number }), { minLength: 2, maxLength: 5 }),
    disturbance: fc.constantFrom(...(Object.keys(DISTURBANCES) as Round["disturbance"][])),
    after: fc.integer({ min: 0, max: 3000 }),
    edits: fc.array(
        fc.record({ act: fc.constantFrom(...(Object.keys(EDITS) as (keyof typeof EDITS)[])), which: number }),
        {
            maxLength: 1,
        },
    ),
    restored: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, fc.constant(true)),
});

let hosts: LibvirtHost[];
let far: FarHost;
let folder: string;
beforeAll(async () => {
    const near = await startLibvirtHost();
    hosts = [near];
    far = await FarHost.start(near.env.PULUMI_UNIKERNEL_DIR);
    hosts.push(far.host);
    folder = mkdtempSync(join(tmpdir(), "pulumi-unikernel-faults-"));
});
afterAll(async () => {
    await far?.close();
    await hosts[0]?.close();
    rmSync(folder, { recursive: true, force: true });
});

async function kernels(): Promise<string[]> {
    const kernel = await testKernel();
    return [0, 1, 2].map((other) => {
        const copy = join(folder, `kernel-${other}`);
        copyFileSync(kernel, copy);
        appendFileSync(copy, `kernel ${other}`);
        return copy;
    });
}

test(
    `${RUNS} sequences of changes and faults over two daemons (seed ${SEED})`,
    async () => {
        const linux = join(await nginxGuest(), "kvm");
        const boot = {
            kernels: await kernels(),
            linux: { kernel: join(linux, "vmlinuz"), initrd: join(linux, "initrd") },
            uris: [hosts[0]!.uri, far.uri],
        };
        const sequences = fc.sample(fc.array(round, { minLength: ROUNDS, maxLength: ROUNDS }), {
            seed: SEED,
            numRuns: RUNS,
        });
        const failures: string[] = [];
        for (const [index, rounds] of sequences.entries()) {
            // A guest of another sequence would be another's: each has a stack of its own.
            await withStack(
                "tests/faults/programs/hosts",
                `faults-${index}`,
                (stack) => new DaemonSequence(stack, hosts, far, boot).play(rounds),
                {
                    env: { ...hosts[0]!.env, XDG_CACHE_HOME: join(folder, "cache") },
                },
            ).catch((error: Error) => failures.push(`sequence ${index}: ${error.message}`));
            process.stdout.write(
                `faults over daemons, seed ${SEED}: ${index + 1} of ${RUNS} played, ${failures.length} failed\n`,
            );
        }
        if (failures.length > 0)
            throw new Error(
                `repeat with npm run faults -- daemons --seed ${SEED} --daemons ${RUNS} --rounds ${ROUNDS}\n${failures.join("\n\n")}`,
            );
    },
    60_000 + RUNS * ROUNDS * 120_000,
);
