// A fleet over three hosts in this process is created at once: all hosts quick, and one slow; several pairs by turns. Prints JSON.
import { forgetClaims } from "../../core/unikernel/check/claims";
import { forgetPlaces } from "../../core/unikernel/place";
import type { BesideSlowJob, BesideSlowTimes } from "../growth";
import { memoryFleet } from "../memoryFleet";

const { kernel, guests, delay, pairs }: BesideSlowJob = JSON.parse(process.argv[2] ?? "{}");

async function create(fleet: string, milliseconds: number): Promise<BesideSlowTimes["quick"]> {
    const { handlers, args, connections } = memoryFleet({ fleet, kernel, hosts: 3, delay: milliseconds });
    const times = { others: 0, first: 0 };
    const declared: Record<string, unknown>[] = [];
    for (let number = 0; number < guests; number++) {
        const { inputs, failures } = await handlers.check({}, args(number));
        if (failures.length > 0) throw new Error(JSON.stringify(failures));
        declared.push(inputs);
    }
    const begin = performance.now();
    await Promise.all(
        declared.map(async (inputs) => {
            await handlers.create(inputs);
            times[inputs.connection === connections[0] ? "first" : "others"] = performance.now() - begin;
        }),
    );
    if (times.first === 0 || times.others === 0) throw new Error("a host got no guest");
    forgetClaims();
    forgetPlaces();
    return times;
}

async function main(): Promise<void> {
    await create("warm-up", 0);
    const times: BesideSlowTimes[] = [];
    for (let pair = 0; pair < pairs; pair++) {
        // By turns, since the first one of a pair may find other caches and another speed of the machine.
        const slow = pair % 2 === 1 ? await create(`slow-${pair}`, delay) : undefined;
        const quick = await create(`quick-${pair}`, 0);
        times.push({ quick, slow: slow ?? (await create(`slow-${pair}`, delay)) });
    }
    process.stdout.write(JSON.stringify(times), () => process.exit());
}

main().catch((error: Error) => {
    process.stderr.write(`${error.stack ?? error.message}\n`, () => process.exit(1));
});
