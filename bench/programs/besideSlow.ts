// A fleet over three hosts in this process is created at once: all hosts quick, and one slow. Prints JSON.
import { forgetClaims } from "../../core/unikernel/check/claims";
import { forgetPlaces } from "../../core/unikernel/place";
import type { BesideSlowJob, BesideSlowTimes } from "../growth";
import { memoryFleet } from "../memoryFleet";

const { kernel, guests, delay }: BesideSlowJob = JSON.parse(process.argv[2] ?? "{}");

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
    const times: BesideSlowTimes = { quick: await create("quick", 0), slow: await create("slow", delay) };
    process.stdout.write(JSON.stringify(times), () => process.exit());
}

main().catch((error: Error) => {
    process.stderr.write(`${error.stack ?? error.message}\n`, () => process.exit(1));
});
