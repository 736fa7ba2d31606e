import { dirname } from "node:path";

import type { GuestPlan } from "../../../../model";
import { roleOf } from "../../fileNames";
import type { Host } from "../../host";
import type { FileRecord, Mark } from "../../model";
import { readMark } from "../../xml";
import { CONSOLE_LOG, isPersist, type Layout } from "./layout";

/** Return the names of the files that a mark records. */
export function namesOf(mark: Pick<Mark, "files"> | undefined): string[] {
    return mark?.files?.map(({ name }) => name) ?? [];
}

/** Return the mark of the last good definition that a mark stores. */
export function lastGoodOf(mark: Pick<Mark, "lastGood"> | undefined): Mark | undefined {
    return mark?.lastGood === undefined ? undefined : readMark(mark.lastGood);
}

/** Return the parent of the guest's folder that a mark records. */
export function baseOf(mark: Pick<Mark, "folder"> | undefined): string | undefined {
    return mark?.folder === undefined ? undefined : dirname(mark.folder);
}

/** Return the folder in which this configuration expects the files of a guest. */
export async function folderOf(host: Host, uuid: string): Promise<string> {
    return dirname(await host.files.path(uuid, CONSOLE_LOG));
}

/**
 * Return the host with the folder in which this guest's files are recorded: the present configuration may name
 * another.
 */
export function withFilesOf(host: Host, folder: string | undefined, now: string): Host {
    return folder === undefined || !host.filesBelow || folder === now
        ? host
        : { ...host, files: host.filesBelow(dirname(folder)) };
}

/**
 * Return the record of every file of a layout, and of formerly recorded persist disks that the layout does not use:
 * their data stays in the folder, so they stay in the record.
 */
export function recordsOf(layout: Layout, plan: GuestPlan, before: FileRecord[]): FileRecord[] {
    const used = layout.files.map((name): FileRecord => {
        const index = layout.disks.indexOf(name);
        const former = before.find((file) => file.name === name);
        if (index < 0)
            return prune({
                name,
                role: roleOf(name) ?? "image",
                digest: bootDigestOf(name, layout, plan) ?? seedOf(name, layout, plan),
            });
        const { name: key, digest, access } = plan.spec.blocks[index]!;
        const role =
            access === "persist" ? "persist" : layout.puts.some((put) => put.name === name) ? "image" : "scratch";
        if (role !== "persist") return prune({ name, role, key, digest });
        // The image may have changed since the seeding. For a disk without a record, the seed is unknown.
        return prune({
            name,
            role,
            key,
            digest: former || !layout.puts.some((put) => put.name === name) ? former?.digest : digest,
        });
    });
    const unused = before.filter(({ name }) => isData(name) && !used.some((file) => file.name === name));
    return [...used, ...unused.map((file): FileRecord => ({ ...file, role: "kept" }))];
}

/** Return whether a file may hold data that a guest wrote. */
export function isData(name: string): boolean {
    return isPersist(name) || roleOf(name) === "kept";
}

/**
 * Return the digest of a boot file, but not of a configuration with a secret, which could be guessed from a plain
 * digest.
 */
function bootDigestOf(name: string, { kernel, initrd }: Layout, { digests, boot }: GuestPlan): string | undefined {
    if (name === kernel) return digests.kernel;
    return name === initrd && !boot.secret && boot.initrd.length === 1 ? digests.initrd : undefined;
}

/** Return the digest of an image from which a private copy is made at each start. */
function seedOf(name: string, { disks }: Layout, { spec }: GuestPlan): string | undefined {
    const index = disks.indexOf(name.replace(/\.([^.]+)$/, ".scratch.$1"));
    return index < 0 ? undefined : spec.blocks[index]?.digest;
}

function prune({ name, role, key, digest }: FileRecord): FileRecord {
    return { name, role, ...(key === undefined ? {} : { key }), ...(digest === undefined ? {} : { digest }) };
}
