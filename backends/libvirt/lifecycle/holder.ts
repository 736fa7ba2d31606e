import type { Host } from "../host";
import { readMark } from "../xml";

/** Return the URN in the mark of the domain with this uuid; undefined: no such domain, or one without a mark of ours. */
export async function holderOf(host: Host, uuid: string): Promise<string | undefined> {
    const record = await host.domains.get(uuid);
    const xml = record?.persistent ? record.inactiveXml : record?.liveXml;
    return xml === undefined ? undefined : readMark(xml)?.urn;
}
