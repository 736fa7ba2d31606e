import { basename, dirname } from "node:path";
import { formatOf, hashFile, needsAnotherFile } from "../../images";
import { containsUnknown, isUnknown } from "../handlers";
import { problemOf } from "../../spec";
import type { BlockSpec, Problem } from "../../spec";

/** Gives each block that is a file its name, digest and format; one from a BlockImage has them. */
export async function resolveBlocks(blocks: unknown[], uuid: string, problems: Problem[]): Promise<BlockSpec[]> {
    const resolved = await Promise.all(blocks.map((block, index) => resolveBlock(block as Partial<BlockSpec>, uuid, `blocks[${index}]`, problems)));
    return distinct(resolved);
}

async function resolveBlock(block: Partial<BlockSpec>, uuid: string, at: string, problems: Problem[]): Promise<BlockSpec> {
    if (isUnknown(block)) return block as BlockSpec;
    const complete = { access: "read", ...block } as BlockSpec;
    if (block.path === undefined || containsUnknown(block)) return complete;
    try {
        const digest = await hashFile(block.path);
        const format = block.format ?? await formatOf(block.path);
        if (format === "qcow2" && await needsAnotherFile(block.path)) {
            problems.push({ property: `${at}.path`, reason: `${block.path} is a qcow2 image that needs another file (a backing or data file), which the guest's copy would not find; flatten it: qemu-img convert -O qcow2 ${block.path} NEW.qcow2` });
        }
        return { ...complete, name: nameOf(block.path, uuid, digest), digest, format };
    } catch (error) {
        problems.push(problemOf(`${at}.path`, error));
        return complete;
    }
}

/** A file that the guest boots from already has its digest behind its name; as in the program that it came from, it has none. */
function nameOf(path: string, uuid: string, digest: string): string {
    const name = basename(path);
    const [, before] = /^(.+)-[0-9a-f]{16}\.(?:img|qcow2)$/.exec(name) ?? [];
    return before !== undefined && basename(dirname(path)) === uuid && name.startsWith(`${before}-${digest.slice(0, 16)}.`) ? before : name;
}

/** A persist disk is found again by its name: two of one name get a number. */
function distinct(blocks: BlockSpec[]): BlockSpec[] {
    const seen = new Map<string, number>();
    return blocks.map((block) => {
        if (isUnknown(block)) return block;
        const count = (seen.get(block.name) ?? 0) + 1;
        seen.set(block.name, count);
        return count === 1 ? block : { ...block, name: `${block.name}-${count}` };
    });
}
