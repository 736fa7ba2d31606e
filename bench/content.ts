import { randomBytes } from "node:crypto";
import { appendFile, copyFile, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

import { withStack } from "../tests/support/engine";
import { linkPackages } from "../tests/support/release";
import { child } from "./child";
import { type Figure, median } from "./figure";
import { nginxGuest } from "./nginx";
import type { Place } from "./place";

const MIB = 2 ** 20;
const GUESTS = 30;
const KERNEL = 23 * MIB;
const IMAGE = 64 * MIB;
/** Bytes for the configuration, the claim and the console log of a guest whose content is on the host. */
const EACH = 256 * 1024;

export interface ContentOptions {
    /** @default 3 */
    runs?: number;
    /** Folder of another release's checkout, built, to create the same guests with. */
    former?: string;
}

interface Measured {
    /** Of all creates by the handlers. */
    seconds: number;
    /** Of `pulumi up` of as many guests. */
    up: number;
    /** Bytes for each guest after the first. */
    written: number;
    occupied: number;
    /** Bytes for a second Linux guest, whose initrd has its configuration at its end. */
    linux: number;
}

/** Measure what guests of one kernel and one image write, beside a former release if there is one; by turns, medians. */
export async function content(place: Place, { runs = 3, former }: ContentOptions): Promise<Figure[]> {
    const host = await place.host();
    const [kernel, image] = [join(place.folder, "kernel"), join(place.folder, "image")];
    await copyFile(await place.kernel(), kernel);
    await appendFile(kernel, randomBytes(KERNEL));
    await writeFile(image, randomBytes(IMAGE));
    const linux = { ...(await nginxGuest(place.folder)), memory: 128 };
    const argument = { uri: host.uri, kernel, image, folder: host.env.PULUMI_UNIKERNEL_DIR, guests: GUESTS, linux };
    const modules = former === undefined ? undefined : await packagesOf(resolve(former), join(place.folder, "former"));
    const measure = async (root: string, modules?: string): Promise<Measured> => ({
        ...(await child<Omit<Measured, "up">>("content.js", { ...argument, root }, host)),
        up: await withStack(
            "bench/programs/fleet",
            "content",
            async (stack) => (await stack.up({ args: ["--parallel", String(GUESTS)] })).seconds,
            {
                enter: host.enter,
                modules,
                env: {
                    ...host.env,
                    BENCH_PLATFORM: "kvm",
                    BENCH_CONNECTION: host.uri,
                    BENCH_COUNT: String(GUESTS),
                    BENCH_KERNEL: kernel,
                    BENCH_IMAGE: image,
                    BENCH_ROUND: "0",
                },
            },
        ),
    });
    const [ours, theirs]: [Measured[], Measured[]] = [[], []];
    for (let run = 0; run < runs; run++) {
        place.log(`content: run ${run + 1} of ${runs}`);
        ours.push(await measure(resolve(__dirname, "..")));
        if (former !== undefined) theirs.push(await measure(resolve(former), modules));
    }
    const of = (all: Measured[], which: keyof Measured): number => median(all.map((one) => one[which]));
    const besides = (which: keyof Measured): Record<string, number> =>
        theirs.length > 0 ? { former: of(theirs, which) } : {};
    const bytes = (name: string, which: "written" | "occupied" | "linux", limit?: number): Figure => ({
        part: "content",
        name,
        unit: "bytes",
        ours: of(ours, which),
        beside: besides(which),
        measure: "ours, bytes",
        value: of(ours, which),
        limit,
    });
    const time = (name: string, which: "seconds" | "up"): Figure => ({
        part: "content",
        name,
        unit: "s",
        ours: of(ours, which),
        beside: besides(which),
        measure: theirs.length > 0 ? "ours / former" : "ours",
        value: theirs.length > 0 ? of(ours, which) / of(theirs, which) : of(ours, which),
        ...(theirs.length > 0 ? { limit: 0.6 } : {}),
    });
    return [
        bytes("each further guest writes", "written", EACH),
        bytes("each further guest occupies", "occupied", EACH),
        bytes("each further Linux guest writes", "linux"),
        time(`creates of ${GUESTS}`, "seconds"),
        time(`up of ${GUESTS}`, "up"),
    ];
}

/** Make a folder of packages with the checkout of another release and its dependencies. */
async function packagesOf(checkout: string, folder: string): Promise<string> {
    await linkPackages(checkout, folder);
    await symlink(checkout, join(folder, "pulumi-unikernel"));
    return folder;
}
