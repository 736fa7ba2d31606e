import { attachKind, UnikernelError, type UnikernelSpec } from "../../../spec";
import type { Host } from "../host";
import { readFacts } from "../xml";

interface Holder { uuid: string; name: string; macs: string[] }

/** Reading a domain costs little, but thirty guests that are made at once would each read all the others. */
const FRESH_MS = 2000;
const censuses = new WeakMap<Host, { taken: number; holders: Promise<Holder[]> }>();

/**
 * Throws `in-use` with the property path when another domain of the host has one of these MACs: neither
 * libvirt nor a bridge says so, the two guests just take each other's packets away.
 * User-mode networks are each their own, so the same MAC may be in two of them.
 */
export async function assertMacsFree(host: Host, { uuid, interfaces }: UnikernelSpec, known: string[]): Promise<void> {
    const wanted = interfaces.flatMap(({ mac, attach }, index) => (attachKind(attach) === "user" || known.includes(mac) ? [] : [{ mac, index }]));
    if (wanted.length === 0) return;
    const holders = await census(host);
    for (const { mac, index } of wanted) {
        const holder = holders.find((one) => one.uuid !== uuid && one.macs.includes(mac));
        if (!holder) continue;
        throw new UnikernelError("in-use", `domain ${holder.name} has the MAC address ${mac}`,
            { property: `interfaces[${index}].mac`, hint: "leave mac out, and each interface gets one of its own; where it was left out, another stack's interface has the same name or had it: set mac" });
    }
}

function census(host: Host): Promise<Holder[]> {
    const last = censuses.get(host);
    if (last && Date.now() - last.taken < FRESH_MS) return last.holders;
    const holders = take(host);
    censuses.set(host, { taken: Date.now(), holders });
    holders.catch(() => censuses.delete(host));
    return holders;
}

async function take(host: Host): Promise<Holder[]> {
    const domains = await host.domains.list();
    const records = await Promise.all(domains.map(({ uuid }) => host.domains.get(uuid)));
    return records.flatMap((record) => {
        if (!record) return [];
        const facts = [record.inactiveXml, record.liveXml].flatMap((xml) => (xml ? [readFacts(xml)] : []));
        const macs = facts.flatMap((one) => one.interfaces.filter(({ kind }) => kind !== "user").map(({ mac }) => mac.toLowerCase()));
        return [{ uuid: record.uuid, name: record.name, macs }];
    });
}
