import { guestAbi } from "../../guests";

/** Return the ABI of this id, which must exist. */
export function abi(id: string): NonNullable<ReturnType<typeof guestAbi>> {
    const found = guestAbi(id);
    if (!found) throw new Error(`there is no guest ABI "${id}"`);
    return found;
}
