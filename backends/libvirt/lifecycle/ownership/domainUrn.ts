import type { Host } from "../../host";
import { readMark } from "../../xml";

/** Return the URN in the mark of the domain with this uuid; undefined without such a domain or without our mark. */
export async function urnOfDomain(host: Host, uuid: string): Promise<string | undefined> {
    const record = await host.domains.get(uuid);
    const xml = record?.persistent ? record.inactiveXml : record?.liveXml;
    return xml === undefined ? undefined : readMark(xml)?.urn;
}
