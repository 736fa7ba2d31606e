import type { ResourceKind } from "../../trampoline";
import type { Properties } from "../wire/codec";
import type { Run } from "./run";

/** Properties by which two objects of one URN are the same object on a host or disk. */
const SAME: Record<ResourceKind, string[]> = {
    unikernel: ["uuid", "host", "output"],
    blockImage: ["output"],
    networkInterface: [],
    network: ["uuid", "host"],
    fleetRollOut: [],
};

/**
 * The objects that this run has created, by URN. When the engine itself decides on a replacement (`--target-replace`, a
 * tainted resource; engines of 2024 when a resource gets another provider), it does not ask the plugin whether to
 * delete first. Create then finds the object on the host and takes it over, and the delete that follows means the same
 * object.
 */
export class CreatedInRun {
    private readonly created = new Map<string, Properties>();

    /** @param run shared with other providers of the same run, one of which may get the delete */
    constructor(private readonly run: () => Run | undefined = () => undefined) {}

    note(kind: ResourceKind, urn: string, outputs: Properties): void {
        const identity = Object.fromEntries(SAME[kind].map((name) => [name, outputs[name]]));
        this.created.set(urn, identity);
        this.run()?.write(`created ${urn}`, identity);
    }

    /** Return whether a delete means the object that was just created, not an older one. */
    isSame(kind: ResourceKind, urn: string, old: Properties): boolean {
        const created = this.created.get(urn) ?? this.run()?.read(`created ${urn}`);
        return created !== undefined && SAME[kind].every((name) => created[name] === old[name]);
    }
}
