import { readdir } from "node:fs/promises";
import { readFacts } from "../../../backends/libvirt/devices";
import type { DnsRecord } from "../../../backends/libvirt/networkModel";
import { readMark } from "../../../backends/libvirt/xml";
import { cacheFolder } from "../../../localFiles";
import type { State } from "./engine";
import type { FaultHost, Written } from "./faultHost";
import { type Guest, isNamed, type Program, urnOf } from "./program";

/** What the disks of each guest held at the last comparison, by `HOST UUID FILE`. */
export type Ledger = Map<string, Written[]>;

/** Return what of the hosts is not as declared. @param before is brought up to date */
export async function differences(
    hosts: FaultHost[],
    program: Program,
    state: State,
    before: Ledger,
): Promise<string[]> {
    const found: string[] = [];
    const say = (text: string): void => void found.push(text);
    for (const [index, host] of hosts.entries()) {
        const guests = [...program.guests].filter(([, guest]) => guest.host === index);
        const known = new Map(
            guests.map(([name, guest]) => [
                String(state.find(({ urn }) => urn === urnOf("unikernel", name))?.id),
                { name, guest },
            ]),
        );
        for (const record of host.records())
            if (!known.has(record.uuid) && !record.name.startsWith("stranger"))
                say(`orphan domain ${record.name} on host ${index}`);
        for (const [uuid, { name, guest }] of known)
            for (const text of ofGuest(host, uuid, guest)) say(`${name}: ${text}`);
        for (const text of ofNetworks(host, index, program)) say(`host ${index}: ${text}`);
        for (const text of ofFiles(host, known)) say(`host ${index}: ${text}`);
        for (const text of ofData(host, index, before)) say(`host ${index}: ${text}`);
    }
    // A guest of no state may have a note of a failed deletion, which only its next create reads.
    for (const room of ["creations", "deletions"] as const)
        for (const note of await readdir(cacheFolder(room)).catch(() => []))
            if (room === "creations" || state.some(({ id }) => note.startsWith(id)))
                say(`a note is left: ${room}/${note}`);
    const images = await readdir(cacheFolder("images")).catch(() => []);
    const declared = state
        .filter(({ kind }) => kind === "blockImage")
        .map(({ outs }) => String(outs.path).split("/").at(-1));
    for (const image of images) if (!declared.includes(image)) say(`orphan image ${image}`);
    return found;
}

function ofGuest(host: FaultHost, uuid: string, guest: Guest): string[] {
    const record = host.records().find((one) => one.uuid === uuid);
    if (!record) return ["the domain is lost"];
    const found: string[] = [];
    const state = record.active ? record.state : "stopped";
    if (state !== guest.state) found.push(`is ${state}, declared ${guest.state}`);
    if (record.autostart !== guest.autostart) found.push(`autostart is ${record.autostart}`);
    if (record.saved && guest.state !== "stopped") found.push("has a saved memory image");
    const { phase, lastGood, reservations = [], records = [] } = readMark(record.inactiveXml) ?? {};
    if (phase !== "ready" || (guest.state === "running" && lastGood !== undefined)) found.push(`its mark is ${phase}`);
    for (const xml of [record.inactiveXml, record.liveXml]) {
        if (xml === undefined) continue;
        const { memoryMib, interfaces, disks } = readFacts(xml);
        if (memoryMib !== guest.memory) found.push(`has ${memoryMib} MiB, declared ${guest.memory}`);
        const source = interfaces[0]?.kind === "network" ? interfaces[0].source : undefined;
        if (source !== guest.network) found.push(`is on ${source}, declared ${guest.network}`);
        if (disks.length !== guest.disks.size) found.push(`has ${disks.length} disks, declared ${guest.disks.size}`);
    }
    const declared = guest.address === undefined ? [] : [guest.address];
    const recorded = isNamed(guest) ? records : reservations;
    if (recorded.length !== declared.length || reservations.length + records.length !== declared.length)
        found.push(`its mark records ${JSON.stringify([reservations, records])}`);
    const dead = host.unplugged(uuid);
    if (dead.length > 0) found.push(`${dead} is on a network that is gone`);
    return found;
}

const inOrder = (records: DnsRecord[]): DnsRecord[] =>
    [...records].sort((one, other) => (one.address < other.address ? -1 : 1));

function ofNetworks(host: FaultHost, index: number, { networks, guests }: Program): string[] {
    const found: string[] = [];
    for (const { running, defined } of host.nets.kept.values()) {
        const name = (defined ?? running)!.name;
        const declared = networks.get(name);
        if (!declared || declared.host !== index) {
            found.push(`orphan network ${name}`);
            continue;
        }
        const net = `10.9.${Number(name.slice(1)) % 250}`;
        const addressed = [...guests.values()].filter((guest) => guest.network === name && guest.address !== undefined);
        const named = addressed
            .filter(isNamed)
            .map(({ address, number }) => ({ address: `${net}.${address}`, names: [`host${number}`] }));
        const want = {
            mtu: declared.mtu,
            ranges: [{ start: `${net}.2`, end: `${net}.${declared.last}` }],
            records: inOrder([
                ...declared.records.map((record) => ({ address: `${net}.250`, names: [record] })),
                ...named,
            ]),
            entries: addressed
                .filter((guest) => !isNamed(guest))
                .map(({ address }) => `${net}.${address}`)
                .sort(),
        };
        for (const [what, definition] of Object.entries({ running, defined })) {
            const [subnet] = definition?.subnets ?? [];
            const seen = {
                mtu: definition?.mtu,
                ranges: subnet?.ranges,
                records: inOrder(definition?.records ?? []),
                entries: subnet?.entries
                    .filter(({ mac }) => mac !== undefined)
                    .map(({ address }) => address)
                    .sort(),
            };
            if (JSON.stringify(seen) !== JSON.stringify(want))
                found.push(`network ${name} (${what}) has ${JSON.stringify(seen)}, declared ${JSON.stringify(want)}`);
        }
        const mark = defined?.mark;
        if (mark?.phase !== "ready") found.push(`the mark of network ${name} is ${mark?.phase}`);
    }
    for (const [name, { host: place }] of networks)
        if (place === index && host.nets.named(name) === undefined) found.push(`network ${name} is lost`);
    return found;
}

/**
 * Files that no record names. A guest that is gone leaves its data, unless it was told to delete them. A claim whose removal
 * got no answer ends with its process, and the next operation on the guest removes it.
 */
function ofFiles(host: FaultHost, known: Map<string, unknown>): string[] {
    const found: string[] = [];
    const folders = new Set(host.allFiles().map(([uuid]) => uuid));
    for (const uuid of host.folderNames()) if (!folders.has(uuid)) found.push(`the folder of ${uuid} is empty`);
    for (const [uuid, name] of host.allFiles()) {
        const record = host.records().find((one) => one.uuid === uuid);
        const mark = record && readMark(record.inactiveXml);
        const marks = [mark, mark?.lastGood === undefined ? undefined : readMark(mark.lastGood)];
        const files = marks.flatMap((one) => one?.files?.map((file) => file.name) ?? []);
        const isData = /\.(persist|kept)\./.test(name);
        if (!known.has(uuid) && !isData && !host.undefined.has(uuid)) found.push(`orphan file ${uuid}/${name}`);
        if (known.has(uuid) && !files.includes(name) && !/^(console\.|claim\.json$)/.test(name))
            found.push(`file ${uuid}/${name} is in no record`);
    }
    return found;
}

/** Each persist disk holds what its own guest wrote, in order, and nothing is lost of what it held before. */
function ofData(host: FaultHost, index: number, before: Ledger): string[] {
    const found: string[] = [];
    for (const [uuid, name, file] of host.allFiles()) {
        const written = host.written.get(file) ?? [];
        const key = `${index} ${uuid} ${name}`;
        for (const { by } of written) if (by !== uuid) found.push(`${name} of ${uuid} has data of ${by}`);
        const last = before.get(key) ?? [];
        if (written.length < last.length || last.some(({ count }, place) => written[place]?.count !== count))
            found.push(`${name} of ${uuid} has lost data: ${last.length} before, ${written.length} now`);
        before.set(key, [...written]);
    }
    return found;
}
