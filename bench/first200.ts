import { mkdirSync } from "node:fs";
import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { child } from "./child";
import { type Figure, median } from "./figure";
import { nginxGuest } from "./nginx";
import type { Place } from "./place";
import { Virsh } from "./virsh";

const RUNS = 5;
const PORT = 18081;

/** Milliseconds from the call to the first HTTP 200, and to the end of the call. */
export interface FirstTimes {
    answered: number;
    returned: number;
}

/** Measure the nginx guest by `create`, compared with the same domain by virsh; alternating, medians. */
export async function first200(place: Place): Promise<Figure[]> {
    const host = await place.host();
    const guest = await nginxGuest(place.folder);
    const virsh = new Virsh(host.uri);
    const common = { guest, uri: host.uri, port: PORT };
    const options = { env: host.env, enter: host.enter };
    const ours: FirstTimes[] = [];
    const byHand: FirstTimes[] = [];
    let file: string | undefined;
    for (let run = 0; run < RUNS; run++) {
        place.log(`first-200: run ${run + 1} of ${RUNS}`);
        const up = await child<FirstTimes & { id: string }>("first-200.js", { ...common, step: "create" }, options);
        ours.push(up);
        file ??= await keepDefinition(virsh, host.env.PULUMI_UNIKERNEL_DIR, up.id);
        await child("first-200.js", { ...common, step: "delete" }, options);
        byHand.push(await child<FirstTimes>("first-200.js", { ...common, step: "virsh", file }, options));
    }
    const seconds = (times: number[]) => median(times) / 1000;
    const [answered, hand] = [seconds(ours.map((one) => one.answered)), seconds(byHand.map((one) => one.answered))];
    const returned = seconds(ours.map((one) => one.returned));
    return [
        {
            part: "first-200",
            name: "nginx guest",
            unit: "s",
            ours: answered,
            beside: { virsh: hand, "create returned": returned },
            measure: "ours / virsh",
            value: answered / hand,
            limit: 1.1,
        },
    ];
}

/** Save the definition that `create` made, with a copy of the boot files: delete removes the originals. */
async function keepDefinition(virsh: Virsh, guests: string, uuid: string): Promise<string> {
    const own = join(guests, "by-hand", uuid);
    mkdirSync(join(guests, "by-hand"), { mode: 0o711 });
    await cp(join(guests, uuid), own, { recursive: true });
    const xml = await virsh.one("dumpxml", "--inactive", uuid);
    const file = join(guests, "by-hand", "domain.xml");
    await writeFile(file, xml.replaceAll(join(guests, uuid), own));
    return file;
}
