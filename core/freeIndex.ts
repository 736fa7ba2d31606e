import { uuidOf } from "./identity";
import { ownerInRun, ownerOf } from "./identityOwners";

/** Upper limit of renamed resources that came from one name on a host. */
const IDENTITIES = 100;

/**
 * Return the index of the first identity of a URN that no other resource has. A renamed resource (by stack or alias) keeps
 * the uuid of its former URN; state of this run names it under the new one.
 * @param markedBy returns the URN in the mark of the host's object with this uuid
 */
export async function freeIndex(
    urn: string,
    markedBy: (uuid: string) => Promise<string | undefined> = async () => undefined,
): Promise<number> {
    for (let index = 0; index < IDENTITIES; index++) {
        const uuid = uuidOf(urn, index);
        // The replacement of a resource in state is the same resource.
        if (ownerInRun(uuid) === urn) return index;
        const owner = (await ownerOf(uuid)) ?? (await markedBy(uuid));
        if (owner === undefined || owner === urn) return index;
    }
    return 0;
}
