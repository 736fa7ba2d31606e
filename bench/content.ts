import { randomBytes } from "node:crypto";
import { appendFile, copyFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

import { child } from "./child";
import { type Figure, median } from "./figure";
import type { Place } from "./place";

const MIB = 2 ** 20;
const GUESTS = 30;
const KERNEL = 23 * MIB;
const IMAGE = 64 * MIB;
/** Bytes for the configuration, the claim and the console log of a guest whose content is on the host. */
const EACH = 256 * 1024;

export interface ContentOptions {
    runs: number;
    /** Folder of another release's checkout, built, to create the same guests with. */
    former?: string;
}

interface Measured {
    /** Of all creates. */
    seconds: number;
    /** Bytes for each guest after the first. */
    written: number;
    occupied: number;
}

/** Measure what guests of one kernel and one image write, beside a former release if there is one; by turns, medians. */
export async function content(place: Place, { runs, former }: ContentOptions): Promise<Figure[]> {
    const host = await place.host();
    const [kernel, image] = [join(place.folder, "kernel"), join(place.folder, "image")];
    await copyFile(await place.kernel(), kernel);
    await appendFile(kernel, randomBytes(KERNEL));
    await writeFile(image, randomBytes(IMAGE));
    const argument = { uri: host.uri, kernel, image, folder: host.env.PULUMI_UNIKERNEL_DIR, guests: GUESTS };
    const measure = (root: string) => child<Measured>("content.js", { ...argument, root }, host);
    const [ours, theirs]: [Measured[], Measured[]] = [[], []];
    for (let run = 0; run < runs; run++) {
        place.log(`content: run ${run + 1} of ${runs}`);
        ours.push(await measure(resolve(__dirname, "..")));
        if (former !== undefined) theirs.push(await measure(resolve(former)));
    }
    const of = (all: Measured[], which: keyof Measured): number => median(all.map((one) => one[which]));
    const besides = (which: keyof Measured): Record<string, number> =>
        theirs.length > 0 ? { former: of(theirs, which) } : {};
    const bytes = (name: string, which: "written" | "occupied"): Figure => ({
        part: "content",
        name,
        unit: "bytes",
        ours: of(ours, which),
        beside: besides(which),
        measure: "ours, bytes",
        value: of(ours, which),
        limit: EACH,
    });
    const seconds = of(ours, "seconds");
    return [
        bytes("each further guest writes", "written"),
        bytes("each further guest occupies", "occupied"),
        {
            part: "content",
            name: `creates of ${GUESTS}`,
            unit: "s",
            ours: seconds,
            beside: besides("seconds"),
            measure: theirs.length > 0 ? "ours / former" : "ours",
            value: theirs.length > 0 ? seconds / of(theirs, "seconds") : seconds,
            ...(theirs.length > 0 ? { limit: 0.6 } : {}),
        },
    ];
}
