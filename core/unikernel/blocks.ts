import { basename, dirname } from "node:path";
import { formatOf, hashFile, needsAnotherFile } from "../../images";
import type { BlockSpec, Problem } from "../../spec";
import { problemOf, same } from "../../spec";
import { containsUnknown, isUnknown } from "../handlers";
import { nameBlocks } from "./blockNames";
import type { Nameable } from "./nameable";

interface Before {
    /** Of the guest. */
    uuid: string;
    /** Its blocks in state. */
    olds: BlockSpec[];
    /** A line for the user. */
    log(message: string): void;
}

/** Gives each block its name, and one that is a file its digest and format; one from a BlockImage has them. */
export async function resolveBlocks(blocks: unknown[], before: Before, problems: Problem[]): Promise<BlockSpec[]> {
    const { olds, log } = before;
    const resolved = await Promise.all(
        blocks.map((block, index) => resolveBlock(block as Arrived, `blocks[${index}]`, before, problems)),
    );
    const { names, problems: clashes, kept } = nameBlocks(resolved, olds);
    problems.push(...clashes);
    if (kept.length > 0) {
        const lines = kept.map((place) => `blocks[${place}]: name: ${JSON.stringify(names[place])}`);
        log(
            `warning: blocks: disks of this guest are called alike and are told apart by what state knows of them; write ${lines.join(", ")}`,
        );
    }
    return resolved.map(({ block, base }, place) => {
        const name = names[place];
        if (isUnknown(block) || name === undefined) return block;
        if (block.reseed !== undefined && !isUnknown(block.access) && block.access !== "persist") {
            problems.push({
                property: `blocks[${place}].reseed`,
                reason: `only a disk with access: "persist" is seeded; this one has access: "${block.access}"`,
            });
        }
        // An image that has another name than its disk: so the disk is found again when an alias is gone.
        return {
            ...block,
            ...lastSeeding(block, name, olds),
            name,
            ...(block.path === undefined && name !== base && !isUnknown(name) ? { image: base } : {}),
        };
    });
}

/** A text that the program drops stays: it says which seeding the disk's data are of. */
function lastSeeding({ access, reseed }: BlockSpec, name: string, olds: BlockSpec[]): { reseed?: string } {
    const last =
        access === "persist" ? olds.find((old) => old.name === name && old.access === "persist")?.reseed : undefined;
    return reseed !== undefined || last === undefined ? {} : { reseed: last };
}

/** As it comes from the resource: `image` only where the program gives a name beside it. */
type Arrived = Partial<BlockSpec> & { formerly?: string[] };

async function resolveBlock(arrived: Arrived, at: string, before: Before, problems: Problem[]): Promise<Nameable> {
    if (isUnknown(arrived)) return { block: arrived as BlockSpec };
    const { formerly, image, ...block } = arrived;
    const complete = { access: "read", ...block } as BlockSpec;
    if (block.path === undefined) {
        const given = image === undefined ? undefined : block.name;
        return {
            block: complete,
            base: image ?? block.name,
            given,
            formerly: Array.isArray(formerly) ? formerly : undefined,
        };
    }
    const given = block.name;
    if (containsUnknown(block))
        return { block: complete, given, base: isUnknown(block.path) ? undefined : basename(block.path) };
    try {
        const digest = await hashFile(block.path);
        const format = block.format ?? (await formatOf(block.path));
        const whole = { ...complete, digest, format };
        if (format === "qcow2" && (await needsAnotherFile(block.path))) {
            const part = `${block.path} is a qcow2 image that needs another file (a backing or data file)`;
            const flatten = `flatten it: qemu-img convert -O qcow2 ${block.path} NEW.qcow2`;
            if (isKnown(whole, before.olds))
                before.log(
                    `warning: ${at}.path: ${part}, which no copy brings along: the guest cannot start once that file is moved or changed, or on another host; ${flatten}`,
                );
            else
                problems.push({
                    property: `${at}.path`,
                    reason: `${part}, which the guest's copy would not find; ${flatten}`,
                });
        }
        return { block: whole, given, base: nameOf(block.path, before.uuid, digest) };
    } catch (error) {
        problems.push(problemOf(`${at}.path`, error));
        return { block: complete, given, base: basename(block.path) };
    }
}

/** Release 0.1.0 took an image that needs another file: while it is the same, its guest has to live on. */
function isKnown({ digest, format, mount, access }: BlockSpec, olds: BlockSpec[]): boolean {
    return olds.some((old) => same([old.digest, old.format, old.mount, old.access], [digest, format, mount, access]));
}

/** A file that the guest boots from already has its digest behind its name; as in the program that it came from, it has none. */
export function nameOf(path: string, uuid: string, digest: string): string {
    const name = basename(path);
    const [, before] = /^(.+)-[0-9a-f]{16}\.(?:img|qcow2)$/.exec(name) ?? [];
    return before !== undefined &&
        basename(dirname(path)) === uuid &&
        name.startsWith(`${before}-${digest.slice(0, 16)}.`)
        ? before
        : name;
}
