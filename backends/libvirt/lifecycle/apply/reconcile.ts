import { basename, dirname } from "node:path";

import { UnikernelError, type UnikernelSpec } from "../../../../model";
import { diskNames, isFileOf, persistFiles } from "../../../diskNames";
import type { DomainFacts, FileRecord, Mark } from "../../model";
import type { Existing } from "../existing";
import { lastGoodOf, namesOf } from "../files/records";

export interface Reconciled extends Omit<Existing, "record"> {
    /** The guest's folder by the present configuration. */
    folder: string;
    /** A create that did not finish is repeated, and seeds its persist disks again. */
    seeds: boolean;
}

/**
 * Compare the record of a guest's files with its definitions, its folder and its declaration, before anything is
 * written. Throws where the guest would boot without its data.
 */
export function reconcile(found: Reconciled, { name, blocks }: Pick<UnikernelSpec, "name" | "blocks">): void {
    const mark = found.mark ?? found.liveMark;
    assertFolder(mark, found.folder, name);
    assertBoots(found, name);
    if (found.seeds) return;
    const present = new Set(found.files.map((file) => file.name));
    const disks = diskNames(blocks);
    blocks.forEach((block, index) => {
        if (block.access !== "persist") return;
        const records = mark?.files?.filter((file) => isFileOf(disks[index]!, file.name)) ?? [];
        const recorded = records.find(({ role }) => role === "persist") ?? records[0];
        if (!recorded || bothFormats(recorded.name).some((one) => present.has(one))) return;
        // A new text asks for a new seeding, also where the file is missing.
        if (block.reseed !== undefined && !persistFiles(disks[index]!, block.reseed).includes(recorded.name)) return;
        throw new UnikernelError(
            "not-found",
            `the persist disk ${block.name} is recorded as ${mark?.folder ?? found.folder}/${recorded.name}, and that file is not there`,
            {
                property: `blocks[${index}]`,
                hint:
                    `mount what holds ${mark?.folder ?? found.folder}, or restore the file, and run pulumi up again; if its data are lost and the disk is to begin again from its image, ` +
                    `set blocks[${index}].reseed to a text that it did not have before, such as today's date`,
            },
        );
    });
}

function bothFormats(name: string): string[] {
    return ["img", "qcow2"].map((extension) => name.replace(/[^.]+$/, extension));
}

/** Throw where the record names another folder than the configured one. */
export function assertFolder(mark: Mark | undefined, folder: string, name: string): void {
    if (mark?.folder === undefined || mark.folder === folder) return;
    const disks = (mark.files ?? []).flatMap(({ role, key, name: file }) => (role === "persist" ? [key ?? file] : []));
    throw new UnikernelError(
        "not-found",
        `the files of ${name}${withDisks(disks)} are recorded in ${mark.folder}, and the configured folder is ${folder}`,
        {
            hint:
                `set PULUMI_UNIKERNEL_DIR (or pulumi config set unikernel:folder) to ${dirname(mark.folder)}, as when the guest was made; to have it in ${dirname(folder)}, ` +
                `replace it (pulumi up --replace URN)${disks.length ? `: its disks begin there with their images, and their data stay in ${mark.folder}` : ""}`,
        },
    );
}

function withDisks(disks: string[]): string {
    if (disks.length === 0) return "";
    return `, with its persist disk${disks.length > 1 ? "s" : ""} ${disks.join(", ")},`;
}

/** A persist disk, and the file that a definition has in its place. */
export interface Overlaid {
    recorded: string;
    path: string;
    target: string;
    live: boolean;
}

/**
 * Throw where a definition boots from another file than the recorded one of a persist disk: an update would return to
 * the older file.
 */
function assertBoots(found: Reconciled, name: string): void {
    const other = overlaid(found);
    if (!other) return;
    const { recorded, path, target, live } = other;
    throw new UnikernelError(
        "in-use",
        `the persist disk ${target} of ${name} is recorded as ${recorded}, and ${live ? "the running guest writes to" : "its definition boots from"} ${path}; an update would lose what is in that file`,
        {
            hint: `${found.liveFacts ? "" : `virsh start ${name}; `}virsh blockcommit ${name} ${target} --active --pivot --wait merges it into ${basename(recorded)} if it is a snapshot's overlay; then run pulumi up again`,
        },
    );
}

/** Return the first recorded persist disk that a definition replaces by a file without a record. */
export function overlaid({
    mark,
    liveMark,
    liveFacts,
    facts,
}: Pick<Existing, "mark" | "liveMark" | "facts" | "liveFacts">): Overlaid | undefined {
    const known = new Set([mark, liveMark, lastGoodOf(mark)].flatMap(namesOf));
    return inPlaceOf(liveFacts, liveMark ?? mark, known, true) ?? inPlaceOf(facts, mark ?? liveMark, known, false);
}

function inPlaceOf(
    facts: DomainFacts | undefined,
    mark: Mark | undefined,
    known: Set<string>,
    live: boolean,
): Overlaid | undefined {
    const folder = mark?.folder;
    if (!facts || folder === undefined) return undefined;
    const booted = new Set(facts.disks.map(({ path }) => path));
    const missing = (mark?.files ?? []).filter(
        ({ name, role }) => role === "persist" && !booted.has(`${folder}/${name}`),
    );
    const unknown = facts.disks.filter(
        ({ path, readonly }) => !readonly && !(dirname(path) === folder && known.has(basename(path))),
    );
    for (const file of missing) {
        const disk =
            unknown.find(({ path }) => basename(path).startsWith(stem(file))) ??
            unknown.find(({ path }) => !otherStem(path, mark, file));
        if (disk) return { recorded: `${folder}/${file.name}`, path: disk.path, target: disk.target, live };
    }
    return undefined;
}

/** virsh names an overlay after its backing file: `data.persist.img` becomes `data.persist.NAME`. */
const stem = ({ name }: FileRecord): string => name.replace(/[^.]+$/, "");

/** Return whether the file is the overlay of another disk, such as a scratch disk. */
function otherStem(path: string, mark: Mark | undefined, file: FileRecord): boolean {
    return (mark?.files ?? []).some(
        (other) =>
            other !== file &&
            (other.role === "persist" || other.role === "scratch") &&
            basename(path).startsWith(stem(other)),
    );
}
