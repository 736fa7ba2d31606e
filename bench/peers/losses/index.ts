import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LibvirtHost } from "../../../tests/support/libvirtHost";
import type { Figure } from "../../figure";
import type { Place } from "../../place";
import type { Table } from "../../table";
import { nameOf } from "../peer";
import { ensurePrograms } from "../programs";
import { ours } from "./ours";
import { mark, type Seen, see } from "./seen";
import { EVENTS, type Event, type Subject, type SubjectOf } from "./subject";
import { tofu } from "./tofu";
import { virsh } from "./virsh";
import { virtInstall } from "./virtInstall";

const SUBJECTS: readonly SubjectOf[] = [
    virsh,
    tofu,
    virtInstall,
    ours("ours", "dynamic"),
    ours("ours, by the plugin", "plugin"),
];

const NAME = nameOf(0);
const NETWORK = "peers";
const SIZE = 2 ** 20;

/** What one event did to a guest; `mended`: after the good definition was given to the tool again. */
export interface Loss {
    before: Seen;
    after: Seen | undefined;
    failed: boolean;
    mended?: { seen: Seen | undefined; failed: boolean };
}

const DESCRIPTIONS: Record<Event, string> = {
    argument: "one argument changes",
    image: "the image that its disk was made from changes",
    network: "a network that libvirt does not have",
    qemu: "an argument that QEMU does not know",
};

/** Try each event on a fresh guest of each tool, and return what was seen as a table. */
export async function losses(place: Place): Promise<{ figures: Figure[]; tables: Table[] }> {
    const programs = await ensurePrograms(place.log);
    const host = await place.host();
    const folder = join(place.folder, "losses");
    await mkdir(folder);
    await host.defineNatNetwork(NETWORK, { isolated: true });
    const images = { first: join(folder, "first.raw"), second: join(folder, "second.raw") };
    await writeFile(images.first, Buffer.alloc(SIZE));
    await writeFile(images.second, Buffer.alloc(SIZE, 2));
    const ground = { host, programs, kernel: await place.kernel(), images, network: NETWORK, name: NAME };
    const rows: string[][] = [];
    for (const event of EVENTS) {
        for (const [index, { name, live }] of SUBJECTS.entries()) {
            place.log(`losses: ${DESCRIPTIONS[event]}: ${name}`);
            const own = join(folder, `${event}-${index}`);
            await mkdir(own);
            await live({ ...ground, folder: own }, event, async (subject) => {
                const loss = await lose(host, subject);
                rows.push([DESCRIPTIONS[event], name, ...wordsOf(loss)]);
            });
        }
    }
    const head = ["", "by", "the tool", "the guest", "with the good definition again", "lost in the end"];
    return { figures: [], tables: [{ title: "What a guest loses", head, rows }] };
}

async function lose(host: LibvirtHost, subject: Subject): Promise<Loss> {
    if (!(await subject.good())) throw new Error("the good definition was refused");
    const disk = await mark(host, NAME);
    const before = await see(host, NAME, disk);
    if (!before?.process || !before.data) throw new Error("the guest does not run, or has no disk");
    const failed = !(await subject.happen());
    const after = await see(host, NAME, disk);
    if (!failed && after?.process) return { before, after, failed };
    const mended = !(await subject.good());
    return { before, after, failed, mended: { failed: mended, seen: await see(host, NAME, disk) } };
}

/** Say in words what the tool answered, how the guest was right after that and in the end, and what it lost. */
export function wordsOf({ before, after, failed, mended }: Loss): string[] {
    const stateOf = (seen: Seen | undefined) => {
        if (!seen) return "is gone";
        if (seen.process === "") return "is stopped";
        return seen.process === before.process ? "runs on" : "was restarted";
    };
    const last = mended ? mended.seen : after;
    const lost = [
        ...(last?.process ? [] : ["guest"]),
        ...(last?.uuid === before.uuid ? [] : ["uuid"]),
        ...(last?.mac === before.mac ? [] : ["MAC"]),
        ...(last?.data ? [] : ["data on the disk"]),
    ];
    const idle = JSON.stringify(after) === JSON.stringify(before);
    return [
        failed ? "fails" : `succeeds${idle ? ", changes nothing" : ""}`,
        stateOf(after),
        mended ? `${mended.failed ? "fails" : "succeeds"}; ${stateOf(mended.seen)}` : "–",
        lost.length > 0 ? lost.join(", ") : "nothing",
    ];
}
