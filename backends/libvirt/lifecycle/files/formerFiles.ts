import { diskNames, isFileOf, keptFile, keptNumber } from "../../../diskNames";
import type { Host } from "../../host";
import type { FileRecord } from "../../model";
import type { Layout } from "./layout";

/** Former files of persist disks to rename and to remove. */
export interface FormerFiles {
    /** `disk`: the name of the block. */
    renames: { disk: string; from: string; to: string }[];
    removals: { disk: string; name: string }[];
}

const NOTHING: FormerFiles = { renames: [], removals: [] };

/** Default number of former files of a disk to keep. */
const KEEP_LAST = 1;

/**
 * Return which former files of reseeded disks are kept under another name, and which older ones are removed.
 * @param present names in the guest's folder
 * @param keepLast number of former files to keep of each disk
 */
export function planFormerFiles(
    {
        disks,
        plan: {
            spec: { blocks },
        },
    }: Pick<Layout, "disks" | "plan">,
    present: string[],
    keepLast = KEEP_LAST,
): FormerFiles {
    const names = diskNames(blocks);
    const each = blocks.map(({ name, access }, index) =>
        access === "persist"
            ? keepDisk({ disk: name, base: names[index]!, used: disks[index]! }, present, keepLast)
            : NOTHING,
    );
    return { renames: each.flatMap(({ renames }) => renames), removals: each.flatMap(({ removals }) => removals) };
}

function keepDisk(
    { disk, base, used }: { disk: string; base: string; used: string },
    present: string[],
    keepLast: number,
): FormerFiles {
    const before = present
        .flatMap((name) => {
            const number = keptNumber(base, name);
            return number === undefined ? [] : [{ name, number }];
        })
        .sort((one, other) => one.number - other.number);
    const next = (before.at(-1)?.number ?? 0) + 1;
    const former = present
        .filter((name) => name !== used && isFileOf(base, name))
        .sort()
        .map((name, index) => ({ name, number: next + index, to: keptFile(base, next + index, name) }));
    const all: { name: string; to?: string }[] = [...before, ...former];
    const gone = all.slice(0, Math.max(0, all.length - keepLast));
    return {
        renames: all.slice(gone.length).flatMap(({ name, to }) => (to === undefined ? [] : [{ disk, from: name, to }])),
        removals: gone.map(({ name }) => ({ disk, name })),
    };
}

/** Return the records after these renames and removals. */
export function recordsAfter({ renames, removals }: FormerFiles, records: FileRecord[]): FileRecord[] {
    return records
        .filter(({ name }) => !removals.some((removal) => removal.name === name))
        .map((record) => ({ ...record, name: renames.find(({ from }) => from === record.name)?.to ?? record.name }));
}

/** Rename and remove former files. Only after the guest is proven: a rollback would boot from them. */
export async function applyFormerFiles(
    host: Host,
    { uuid, name, keepLast = KEEP_LAST }: { uuid: string; name: string; keepLast?: number },
    { renames, removals }: FormerFiles,
    log: (message: string) => void,
): Promise<void> {
    for (const { disk, from, to } of renames) {
        await host.files.rename(uuid, from, to);
        log(
            `${name}: the disk ${disk} began again from its image; its former data are kept as ${await host.files.path(uuid, to)}`,
        );
    }
    if (removals.length === 0) return;
    await host.files.remove(uuid, ...removals.map((removal) => removal.name));
    for (const removal of removals)
        log(`${name}: removed ${removal.name}, former data of the disk ${removal.disk} (keepLast: ${keepLast})`);
}
