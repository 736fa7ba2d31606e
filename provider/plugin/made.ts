import type { ResourceKind } from "../trampoline";
import type { Properties } from "./codec";
import type { Run } from "./run";

/** What makes two objects of one URN the same one on a host or disk. */
const SAME: Record<ResourceKind, string[]> = {
    unikernel: ["uuid", "host", "output"],
    blockImage: ["output"],
    networkInterface: [],
};

/**
 * What this run has created, by URN. Where the engine itself has decided on a replacement (`--target-replace`, a tainted
 * resource; engines of 2024 when a resource gets another provider) it asks nobody whether to delete first: create then
 * finds the object there and takes it over, and the delete that follows means the same object.
 */
export class Made {
    private readonly created = new Map<string, Properties>();

    /** @param run another provider of the same run may be the one that is told to delete */
    constructor(private readonly run: () => Run | undefined = () => undefined) {}

    note(kind: ResourceKind, urn: string, outputs: Properties): void {
        const identity = Object.fromEntries(SAME[kind].map((name) => [name, outputs[name]]));
        this.created.set(urn, identity);
        this.run()?.write(`created ${urn}`, identity);
    }

    /** Whether a delete is of what was just created, not of what was there before it. */
    isSame(kind: ResourceKind, urn: string, old: Properties): boolean {
        const created = this.created.get(urn) ?? this.run()?.read(`created ${urn}`);
        return created !== undefined && SAME[kind].every((name) => created[name] === old[name]);
    }
}
