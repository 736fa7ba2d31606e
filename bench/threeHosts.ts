import { withStack } from "../tests/support/engine";
import { type LibvirtHost, startLibvirtHost } from "../tests/support/libvirtHost";
import { type Figure, median } from "./figure";
import type { Place } from "./place";
import { type Seconds, STEP_NAMES, STEPS, timeSteps } from "./steps";

const GUESTS = 30;
const PARALLEL = 32;
const HOSTS = 3;
/** Of the same guests on one host of the same machine. */
const BESIDE_ONE = 1.1;

/** Measure thirty test kernels over three libvirt hosts of this machine beside the same thirty on one, by turns. */
export async function threeHosts(place: Place, { runs = 3 }: { runs?: number }): Promise<Figure[]> {
    const first = await place.host();
    const kernel = await place.kernel();
    const further: LibvirtHost[] = [];
    const pairs: { one: Seconds; three: Seconds }[] = [];
    try {
        while (further.length < HOSTS - 1) further.push(await startLibvirtHost());
        const all = [first, ...further];
        const live = (hosts: readonly LibvirtHost[]): Promise<Seconds> => run(first, hosts, kernel);
        for (let number = 0; number < runs; number++) {
            place.log(`three-hosts: run ${number + 1} of ${runs}: ${GUESTS} guests`);
            // The second one finds warm caches, so the order alternates too.
            if (number % 2 === 0) pairs.push({ one: await live([first]), three: await live(all) });
            else {
                const three = await live(all);
                pairs.push({ one: await live([first]), three });
            }
        }
    } finally {
        for (const host of further) await host.close();
    }
    return STEPS.map((step) => ({
        part: "three-hosts",
        name: STEP_NAMES[step],
        unit: "s",
        ours: median(pairs.map(({ three }) => three[step])),
        beside: { "one host": median(pairs.map(({ one }) => one[step])) },
        measure: "three hosts / one",
        value: median(pairs.map(({ one, three }) => three[step] / one[step])),
        limit: BESIDE_ONE,
    }));
}

/** Return the seconds of each step over some hosts. */
async function run(first: LibvirtHost, hosts: readonly LibvirtHost[], kernel: string): Promise<Seconds> {
    const where: Record<string, string> =
        hosts.length > 1
            ? {
                  BENCH_HOSTS: JSON.stringify(
                      hosts.map(({ uri }, index) => ({ name: `host-${index}`, connection: uri })),
                  ),
              }
            : { BENCH_CONNECTION: first.uri };
    const env = {
        ...first.env,
        ...where,
        BENCH_PLATFORM: "kvm",
        BENCH_KERNEL: kernel,
        BENCH_COUNT: String(GUESTS),
    };
    return withStack(
        "bench/programs/fleet",
        "bench",
        (stack) =>
            timeSteps(stack, undefined, async (step) => {
                if (step === "up") await everyHostHasSome(hosts);
            }),
        { enter: first.enter, env, parallel: PARALLEL },
    );
}

async function everyHostHasSome(hosts: readonly LibvirtHost[]): Promise<void> {
    const counts = await Promise.all(
        hosts.map(async (host) => (await host.virsh("list", "--name")).split("\n").filter(Boolean).length),
    );
    const sum = counts.reduce((one, other) => one + other, 0);
    if (sum !== GUESTS || counts.includes(0))
        throw new Error(`found ${counts.join(" + ")} guests; expected ${GUESTS} over all hosts`);
}
