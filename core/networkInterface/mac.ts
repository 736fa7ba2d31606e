import { holderOf, noteInRun } from "../holders";
import { defaultMac } from "../identity";

/** Interfaces that had one name, one after the other, and are in state still. */
const NEXT = 100;

/**
 * Return the MAC of an interface that names none: the one in state, else the first of its URN's that no other has. It stays with
 * an interface that is renamed (a stack, an alias), so a newcomer under the old URN takes the next one, even where state has the
 * first one already: its guest could not be made beside the other.
 */
export async function chosenMac(urn: string, olds: { urn?: string; mac?: string }): Promise<string> {
    const own = Array.from({ length: NEXT }, (_, index) => defaultMac(urn, index));
    if (olds.mac !== undefined && !(olds.urn === urn && own.includes(olds.mac) && (await isOthers(olds.mac, urn)))) {
        noteInRun(olds.mac, urn);
        return olds.mac;
    }
    for (const mac of own) if (!(await isOthers(mac, urn))) return mac;
    return defaultMac(urn);
}

async function isOthers(mac: string, urn: string): Promise<boolean> {
    const holder = await holderOf(mac);
    return holder !== undefined && holder !== urn;
}
