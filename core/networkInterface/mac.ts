import { defaultMac } from "../identity";
import { noteInRun, ownerOf } from "../identityOwners";

/** Upper limit of interfaces that had the same name one after the other and are still in state. */
const NEXT = 100;

/**
 * Return the MAC of an interface that names none: the one in state, else the first of its URN that no other interface
 * has. A MAC stays with an interface that is renamed (by stack or alias), so a new interface under the old URN takes
 * the next one. That holds even where state already has the first one: both guests could not exist on one host.
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
    const owner = await ownerOf(mac);
    return owner !== undefined && owner !== urn;
}
