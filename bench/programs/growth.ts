// The lifecycle of a fleet by the bare handlers, over hosts in this process. Prints JSON.
import { forgetClaims } from "../../core/unikernel/check/claims";
import { forgetPlaces } from "../../core/unikernel/place";
import { type GrowthJob, type GrowthTimes, STEPS, type Step } from "../growth";
import { memoryFleet } from "../memoryFleet";

type Properties = Record<string, unknown>;

/** Guests that are made and removed before the measurement, so that the compiler's work is not a part of it. */
const WARM_UP = 60;

const { kernel, guests, hosts }: GrowthJob = JSON.parse(process.argv[2] ?? "{}");

async function live(count: number, name: string): Promise<GrowthTimes> {
    const { handlers, args, left } = memoryFleet({ fleet: name, kernel, hosts });
    const numbers = [...Array(count).keys()];
    const times = {} as GrowthTimes;
    const measure = async <T>(step: Step, work: (number: number) => Promise<T>): Promise<T[]> => {
        const [before, start] = [process.cpuUsage(), performance.now()];
        const results: T[] = [];
        for (const number of numbers) results.push(await work(number));
        const { user, system } = process.cpuUsage(before);
        times[step] = { processor: (user + system) / 1000, elapsed: performance.now() - start };
        return results;
    };
    const check = async (olds: Properties, news: Properties): Promise<Properties> => {
        const { inputs, failures } = await handlers.check(olds, news);
        if (failures.length > 0) throw new Error(JSON.stringify(failures));
        return inputs;
    };
    const at = <T>(list: T[], number: number): T => list[number] as T;

    const first = await measure("check", (number) => check({}, args(number)));
    const made = await measure("create", async (number) => (await handlers.create(at(first, number))).outs);
    forgetClaims();
    const again = await measure("check again", (number) => check(at(made, number), args(number)));
    const different = await measure("diff", async (number) => handlers.diff("", at(made, number), at(again, number)));
    const read = await measure("refresh", async (number) => (await handlers.read("", at(made, number))).props);
    if (different.some(({ changes }) => changes !== false))
        throw new Error(
            `an unchanged guest has a difference: ${JSON.stringify(handlers.differences?.(at(made, 0), at(again, 0)))}`,
        );
    const drifted = read.findIndex((props, number) => JSON.stringify(props) !== JSON.stringify(at(made, number)));
    if (drifted >= 0) throw new Error(`a refresh changed an unchanged guest: ${JSON.stringify(at(read, drifted))}`);
    forgetClaims();
    const other = await Promise.all(
        numbers.map((number) => check(at(made, number), { ...args(number), env: { NUMBER: `${number} again` } })),
    );
    const changed = await measure(
        "change",
        async (number) => (await handlers.update("", at(made, number), at(other, number))).outs,
    );
    await measure("delete", (number) => handlers.delete("", at(changed, number)));
    if ((await left()) > 0) throw new Error("delete has left something");
    forgetPlaces();
    forgetClaims();
    return times;
}

async function main(): Promise<void> {
    await live(WARM_UP, "warm-up");
    const times = await live(guests, "fleet");
    for (const step of STEPS) if (!times[step]) throw new Error(`"${step}" was not measured`);
    process.stdout.write(JSON.stringify(times), () => process.exit());
}

main().catch((error: Error) => {
    process.stderr.write(`${error.stack ?? error.message}\n`, () => process.exit(1));
});
