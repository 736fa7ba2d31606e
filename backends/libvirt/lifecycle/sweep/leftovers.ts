import { hasCode } from "../../../../model";
import type { Creator, LeftDomain, LeftFolder, Leftovers } from "../../../backend";
import { readFacts } from "../../devices";
import type { DomainRecord, Host } from "../../host";
import type { Mark } from "../../model";
import { readMark, readNetwork } from "../../xml";
import { isLeftover } from "../apply/decide";
import { isData, namesOf } from "../files/records";
import { hostIdOf } from "../hostIdentity";
import { claimedBy } from "../ownership/claim";
import { creationOf } from "../ownership/interruptedCreations";
import { isSameCreator } from "../ownership/ownership";

/**
 * Return this package's objects on a host that may be in no state: domains with a mark, guests' folders without a
 * domain, and DHCP entries without an interface. Does not decide who owns them. Changes nothing.
 */
export async function leftovers(host: Host, creator: Creator): Promise<Leftovers> {
    const listed = await host.domains.list();
    const records = (await Promise.all(listed.map(({ uuid }) => host.domains.get(uuid)))).flatMap(
        (record) => record ?? [],
    );
    const hostId = hostIdOf(await host.info());
    const domains = (await Promise.all(records.map((record) => leftDomain(host, hostId, record, creator)))).flatMap(
        (domain) => domain ?? [],
    );
    const present = new Set([...listed.map(({ uuid }) => uuid)]);
    const uuids = await host.files.guests();
    const folders =
        uuids &&
        (await Promise.all(uuids.filter((uuid) => !present.has(uuid)).map((uuid) => leftFolder(host, hostId, uuid))));
    return { domains, ...(folders ? { folders } : {}), reservations: await unusedReservations(host, records) };
}

async function leftDomain(
    host: Host,
    hostId: string,
    { uuid, name, inactiveXml, liveXml }: DomainRecord,
    creator: Creator,
): Promise<LeftDomain | undefined> {
    const mark = readMark(inactiveXml) ?? (liveXml === undefined ? undefined : readMark(liveXml));
    if (!mark) return undefined;
    const present = (await host.files.list(uuid)).map((file) => file.name);
    const data = [...new Set([...namesOf(mark), ...present])].filter((file) => isData(file) && present.includes(file));
    return {
        uuid,
        name,
        urn: mark.urn,
        phase: mark.phase,
        abandoned: isLeftover(mark) && (await isAbandoned(host, hostId, uuid, mark, creator)),
        data,
    };
}

/**
 * Return whether a create was abandoned. Its claim names its process; one of an older release on another machine has a
 * deadline.
 */
async function isAbandoned(host: Host, hostId: string, uuid: string, mark: Mark, creator: Creator): Promise<boolean> {
    const known = (await claimedBy(host, uuid)) ?? (await creationOf(hostId, uuid));
    if (known) return !known.alive;
    const here =
        mark.creator !== undefined && isSameCreator({ ...mark.creator, project: "" }, { ...creator, project: "" });
    return here || (mark.deadline !== undefined && Date.parse(mark.deadline) < Date.now());
}

async function leftFolder(host: Host, hostId: string, uuid: string): Promise<LeftFolder> {
    const [files, note] = [
        (await host.files.list(uuid)).map(({ name }) => name),
        (await claimedBy(host, uuid)) ?? (await creationOf(hostId, uuid)),
    ];
    return {
        uuid,
        ...(note?.urn === undefined ? {} : { urn: note.urn }),
        abandoned: note?.alive !== true,
        files,
        data: files.filter(isData),
    };
}

async function unusedReservations(host: Host, records: DomainRecord[]): Promise<Leftovers["reservations"]> {
    const used = new Set(
        records
            .flatMap(({ inactiveXml, liveXml }) => [inactiveXml, ...(liveXml === undefined ? [] : [liveXml])])
            .flatMap((xml) => readFacts(xml).interfaces.map(({ mac }) => mac.toLowerCase())),
    );
    const networks = await host.networks.list().catch((error: unknown) => {
        if (hasCode(error, "unsupported")) return [];
        throw error;
    });
    return networks.flatMap(({ name, xml }) =>
        readNetwork(xml).reservations.flatMap(({ mac, address }) =>
            mac !== undefined && !used.has(mac.toLowerCase())
                ? [{ network: name, mac: mac.toLowerCase(), address }]
                : [],
        ),
    );
}
