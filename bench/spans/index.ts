import { randomBytes } from "node:crypto";
import { appendFile, copyFile, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type StackOptions, withStack } from "../../tests/support/engine";
import type { LibvirtHost } from "../../tests/support/libvirtHost";
import type { Figure } from "../figure";
import type { Place } from "../place";
import type { Table } from "../table";
import { figureOf, type Run, tableOf } from "./figures";
import { ENGINE, ORDER } from "./names";
import { ResumeWatcher, startOf } from "./qemu";
import { divide, type Mark } from "./timeline";

const KERNEL_BYTES = 23 * 2 ** 20;

/** Measure where the time of a `pulumi up` of one guest goes, and the engine alone, by turns; medians. */
export async function spans(
    place: Place,
    { runs = 5 }: { runs?: number },
): Promise<{ figures: Figure[]; tables: Table[] }> {
    const host = await place.host();
    const measured: Run[] = [];
    for (let run = 0; run < runs; run++) {
        place.log(`spans: run ${run + 1} of ${runs}`);
        measured.push({ ...(await create(place, host)), engineAlone: await engineAlone(host) });
    }
    return { figures: [figureOf(measured)], tables: [tableOf(measured)] };
}

async function create(place: Place, host: LibvirtHost): Promise<Pick<Run, "seconds" | "spans">> {
    const marks = join(place.folder, "marks");
    await rm(marks, { force: true });
    return withStack(
        "bench/programs/fleet",
        "bench",
        async (stack) => {
            const watcher = new ResumeWatcher(host);
            const from = Date.now();
            const { seconds } = await stack.up();
            const whole = { from, to: from + seconds * 1000 };
            const resumed = await watcher.end();
            const all = [...(await marksOf(marks)), ...(await guestMarks(host, resumed))];
            const divided = divide(all, ORDER, whole, ENGINE);
            return { seconds, spans: new Map([...divided].map(([name, ms]) => [name, ms / 1000])) };
        },
        options(host, {
            BENCH_PLATFORM: "kvm",
            BENCH_CONNECTION: host.uri,
            BENCH_KERNEL: await newKernel(place),
            BENCH_READY: "test kernel ready",
            BENCH_MARKS: marks,
            NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} --require ${join(__dirname, "../programs/spans-hook.js")}`,
        }),
    );
}

const engineAlone = (host: LibvirtHost): Promise<number> =>
    withStack("bench/programs/engine-alone", "bench", async (stack) => (await stack.up()).seconds, options(host));

const options = (host: LibvirtHost, env: Record<string, string> = {}): StackOptions => ({
    enter: host.enter,
    env: { ...host.env, BENCH_COUNT: "1", BENCH_ROUND: "0", ...env },
});

/** Make a kernel of a usual size whose hash is in no cache, and whose content is on no host. */
async function newKernel(place: Place): Promise<string> {
    const kernel = join(place.folder, "spans-kernel");
    await copyFile(await place.kernel(), kernel);
    await appendFile(kernel, randomBytes(KERNEL_BYTES));
    return kernel;
}

async function marksOf(file: string): Promise<Mark[]> {
    const lines = (await readFile(file, "utf8")).split("\n").filter(Boolean);
    return lines.map((line) => JSON.parse(line) as Mark);
}

/** Return the marks that are seen from outside: of QEMU, and of the guest until it printed that it is ready, its last line. */
async function guestMarks(host: LibvirtHost, resumed: number): Promise<Mark[]> {
    const name = (await host.virsh("list", "--name")).trim();
    const log = join(host.env.PULUMI_UNIKERNEL_DIR, await host.virsh("domuuid", name), "console.log");
    if (!(await readFile(log, "latin1")).trimEnd().endsWith("test kernel ready"))
        throw new Error(`the guest printed more than that it is ready: ${log}`);
    return [
        { name: "QEMU", from: await startOf(await host.guestProcess(name)), to: resumed },
        { name: "guest", from: resumed, to: (await stat(log)).mtimeMs },
    ];
}
