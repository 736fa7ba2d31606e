import type { BlockSpec, UnikernelSpec } from "../model";

/** Return the mounted blocks with their disk numbers, each parent before the mounts inside it. */
export function inMountOrder(blocks: BlockSpec[]): { block: BlockSpec; index: number }[] {
    const depth = ({ mount = "" }: BlockSpec) => mount.split("/").filter(Boolean).length;
    return blocks
        .map((block, index) => ({ block, index }))
        .filter(({ block }) => block.mount !== undefined)
        .sort((a, b) => depth(a.block) - depth(b.block) || a.index - b.index);
}

/** Sort by name: the engine returns a map in any order, and the guest's bytes must not change with it. */
export function sortedEnv({ env }: Pick<UnikernelSpec, "env">): [name: string, value: string][] {
    return Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1));
}
