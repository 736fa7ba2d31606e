import { basename, dirname } from "node:path";
import { hashFile } from "../../../localFiles";
import type { BlockSpec, Problem } from "../../../model";
import { problemOf, same } from "../../../model";
import { containsUnknown, isUnknown } from "../../handlers";
import type { KeptFiles } from "../check/keptFiles";
import { nameBlocks } from "./blockNames";
import type { Nameable } from "./nameable";

// Loaded when first used: few runs look into an image.
const images = () => require("../../../images") as typeof import("../../../images");

interface Before {
    /** Uuid of the guest. */
    uuid: string;
    /** Its blocks in state. */
    olds: BlockSpec[];
    /** Files whose content is taken from state. */
    files: Pick<KeptFiles, "blockOf">;
    /** Print a line for the user. */
    log(message: string): void;
}

/** Resolve each block: its name, and for a file its digest and format. A block of a BlockImage already has them. */
export async function resolveBlocks(blocks: unknown[], before: Before, problems: Problem[]): Promise<BlockSpec[]> {
    const { olds, log } = before;
    const resolved = await Promise.all(
        blocks.map((block, index) => resolveBlock(block as ReceivedBlock, `blocks[${index}]`, before, problems)),
    );
    const { names, problems: clashes, kept } = nameBlocks(resolved, olds);
    problems.push(...clashes);
    if (kept.length > 0) {
        const lines = kept.map((place) => `blocks[${place}]: name: ${JSON.stringify(names[place])}`);
        log(
            `warning: blocks: disks of this guest have the same name and are told apart only by what state holds; write ${lines.join(", ")}`,
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
        // Stored so that the disk is still found when an alias is gone.
        return {
            ...block,
            ...lastSeeding(block, name, olds),
            name,
            ...(block.path === undefined && name !== base && !isUnknown(name) ? { image: base } : {}),
        };
    });
}

/** Keep a `reseed` text that the program drops: it identifies the seeding that made the disk's data. */
function lastSeeding({ access, reseed }: BlockSpec, name: string, olds: BlockSpec[]): { reseed?: string } {
    const last =
        access === "persist" ? olds.find((old) => old.name === name && old.access === "persist")?.reseed : undefined;
    return reseed !== undefined || last === undefined ? {} : { reseed: last };
}

/** A block as the resource sends it: `image` is set only where the program also gives a name. */
type ReceivedBlock = Partial<BlockSpec> & { formerly?: string[] };

async function resolveBlock(
    arrived: ReceivedBlock,
    at: string,
    before: Before,
    problems: Problem[],
): Promise<Nameable> {
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
    const old = before.files.blockOf(block.path);
    if (old) {
        const whole = { ...complete, digest: old.digest, format: block.format ?? old.format };
        return { block: whole, given, base: nameOf(block.path, before.uuid, old.digest) };
    }
    try {
        const digest = await hashFile(block.path);
        const format = block.format ?? (await images().formatOf(block.path));
        const whole = { ...complete, digest, format };
        if (format === "qcow2" && (await images().needsAnotherFile(block.path))) {
            const part = `${block.path} is a qcow2 image that needs another file (a backing or data file)`;
            const flatten = `flatten it: qemu-img convert -O qcow2 ${block.path} NEW.qcow2`;
            if (isKnown(whole, before.olds))
                before.log(
                    `warning: ${at}.path: ${part}, which is not copied with it: the guest cannot start once that file is moved or changed, or on another host; ${flatten}`,
                );
            else
                problems.push({
                    property: `${at}.path`,
                    reason: `${part}, which is not copied with it; ${flatten}`,
                });
        }
        return { block: whole, given, base: nameOf(block.path, before.uuid, digest) };
    } catch (error) {
        problems.push(problemOf(`${at}.path`, error));
        return { block: complete, given, base: basename(block.path) };
    }
}

/**
 * Release 0.1.0 accepted an image that needs another file: as long as the block is unchanged, its guest must stay
 * valid.
 */
function isKnown({ digest, format, mount, access }: BlockSpec, olds: BlockSpec[]): boolean {
    return olds.some((old) => same([old.digest, old.format, old.mount, old.access], [digest, format, mount, access]));
}

/** Return a file's name as the program knew it: a boot file in the guest's folder has its digest appended. */
export function nameOf(path: string, uuid: string, digest: string): string {
    const name = basename(path);
    const [, before] = /^(.+)-[0-9a-f]{16}\.(?:img|qcow2)$/.exec(name) ?? [];
    return before !== undefined &&
        basename(dirname(path)) === uuid &&
        name.startsWith(`${before}-${digest.slice(0, 16)}.`)
        ? before
        : name;
}
