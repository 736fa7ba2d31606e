import { isDnsLabel, UnikernelError } from "../../../../model";
import type { FoundGuest } from "../../../backend";
import { type Declared, definitionDigest, differences, readFacts, readForImport } from "../../devices";
import type { DomainRecord, Host } from "../../host";
import type { DomainFacts, Mark } from "../../model";
import { readMark, readNetwork } from "../../xml";
import { stateOf, waitUntilStable } from "../existing";
import { copiesOf } from "../files/layout";
import { namesOf } from "../files/records";
import { hostIdOf } from "../hostIdentity";

/** Return any domain as it could have been declared; undefined when there is none. Changes nothing. */
export async function importGuest(
    host: Host,
    { uuid, name = "" }: { uuid?: string; name?: string },
): Promise<FoundGuest | undefined> {
    const info = await host.info();
    const record = uuid === undefined ? await host.domains.byName(name) : await waitUntilStable(host, uuid);
    if (!record) return undefined;
    const refuse = (why: string, hint: string): UnikernelError =>
        new UnikernelError("unsupported", `domain ${record.name} cannot be imported: ${why}`, { hint });
    if (!record.persistent)
        throw refuse(
            "it is transient: there is no definition for its next start",
            `virsh dumpxml ${record.name} > it.xml; virsh define it.xml; then import it`,
        );
    if (!info.local)
        throw refuse(
            `its kernel is a file on ${info.hostname}, and is not read from here`,
            "run the import on that machine; or declare the guest, and remove that domain",
        );
    const { declared, notes } = readForImport(record.inactiveXml);
    if (declared.kernel === undefined) notes.refuse("no kernel of its own: it boots from a disk, or the network");
    const mark = readMark(record.inactiveXml);
    const facts = readFacts(record.inactiveXml);
    const blocks = blocksOf(declared, mark);
    const written = blocks.filter(({ access }) => access === "persist").map(({ path }) => path);
    if (record.active) for (const path of written) notes.refuse(`${path}, a disk that the guest may be writing to`);
    if (notes.refused.length > 0 || declared.kernel === undefined)
        throw refuse(notes.refused.join("; "), hintOf(record, written));
    return {
        uuid: record.uuid,
        name: record.name,
        host: hostIdOf(info),
        state: stateOf(record),
        autostart: record.autostart,
        memory: declared.memory,
        vcpus: declared.vcpus,
        onCrash: declared.onCrash,
        accelerator: declared.accelerator,
        kernel: declared.kernel,
        initrd: declared.initrd,
        cmdline: declared.cmdline,
        blocks,
        ...(await entriesOf(host, declared.interfaces)),
        ...(declared.gdb ? { gdb: declared.gdb } : {}),
        ...(declared.qemuArgs.length > 0 ? { qemuArgs: declared.qemuArgs } : {}),
        mark: mark?.creator && { urn: mark.urn, creator: mark.creator, bootDigest: mark.bootDigest },
        definition: definitionDigest(facts),
        warnings: [
            ...(notes.dropped.length > 0 ? [`the next restart does without ${notes.dropped.join(", ")}`] : []),
            ...(notes.changed.length > 0 ? [`the next restart changes ${notes.changed.join("; ")}`] : []),
            ...written.map(
                (path) =>
                    `the next start copies ${path} once, and the guest writes to its copy from then on; the file itself stays as it is`,
            ),
            ...editedWhileRunning(record, facts),
        ],
    };
}

/** Return the interfaces with the addresses and names that their networks reserve for them, and the names of all addresses. */
async function entriesOf(
    host: Host,
    interfaces: Declared["interfaces"],
): Promise<Pick<FoundGuest, "interfaces" | "names">> {
    const found = await Promise.all(
        interfaces.map(async (nic) => {
            const record = "network" in nic.attach ? await host.networks.get(nic.attach.network) : undefined;
            const network = record && readNetwork(record.xml);
            const entry = network?.reservations.find(({ mac }) => mac?.toLowerCase() === nic.mac);
            const names = network?.records.flatMap(({ address, names: all }) => {
                const name = all.find(isDnsLabel);
                return name === undefined ? [] : [[address, name] as const];
            });
            const name = entry?.name !== undefined && isDnsLabel(entry.name) ? { name: entry.name } : {};
            return {
                nic: entry ? { ...nic, ipv4: { reserve: entry.address, ...name } } : nic,
                names: Object.fromEntries(names ?? []),
            };
        }),
    );
    return { interfaces: found.map(({ nic }) => nic), names: found.map(({ names }) => names) };
}

function hintOf({ name, active }: DomainRecord, written: string[]): string {
    if (active && written.length > 0)
        return `end the guest first (virsh shutdown ${name}): its disk can then be copied whole; or make the disk <readonly/>`;
    return `virsh edit ${name} takes it out, where the guest can do without; else leave the domain to libvirt`;
}

/** Return the blocks. A scratch copy, which each start makes again, is declared by its image. */
function blocksOf({ blocks }: Declared, mark: Mark | undefined): FoundGuest["blocks"] {
    const copies = new Map(copiesOf(namesOf(mark)).map(({ from, to }) => [to, from]));
    return blocks.map(({ path, writable, format }) => {
        const [, folder = "", name = path] = /^(.*\/)([^/]*)$/.exec(path) ?? [];
        const from = copies.get(name);
        if (writable && from !== undefined) return { path: `${folder}${from}`, access: "scratch", format };
        return { path, access: writable ? "persist" : "read", format };
    });
}

/** Return a warning where the definition was edited while the guest ran: the definition is imported. */
function editedWhileRunning({ liveXml }: DomainRecord, facts: DomainFacts): string[] {
    const other = liveXml === undefined ? [] : differences(readFacts(liveXml), facts);
    return other.length > 0
        ? [
              `the definition was edited since the guest was started (${other.join(", ")}); it is imported as it is defined`,
          ]
        : [];
}
