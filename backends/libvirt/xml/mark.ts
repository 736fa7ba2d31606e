import { basename, dirname } from "node:path";
import { UnikernelError } from "../../../model";
import type { Creator } from "../../backend";
import { recordOfName, roleOf } from "../fileNames";
import type { FileRecord, FileRole, Mark, RecordedName, RecordedReservation } from "../model";
import { type Element, element, writeElement } from "./element";
import { readProbe, writeProbe } from "./markedProbe";
import { MARK_ELEMENT, MARK_NAMESPACE, MARK_PREFIX, MARK_VERSION } from "./names";
import { all, at, type Tree, text, tree } from "./tree";

const ROLES: readonly FileRole[] = ["kernel", "initrd", "config", "image", "scratch", "persist", "kept"];
const PHASES: readonly Mark["phase"][] = ["creating", "updating", "ready"];

/**
 * Return the element for virDomainSetMetadata. It has no namespace: libvirt adds key and uri of the call
 * (MARK_PREFIX, MARK_NAMESPACE), and refuses an element with its own.
 */
export function renderMark(mark: Mark): string {
    return writeElement(fill(mark, MARK_ELEMENT, {}, element));
}

/** Return the mark as an element of a domain's `<metadata>`. */
export function markElement(mark: Mark): Element {
    const inside: typeof element = (name, ...rest) => element(`${MARK_PREFIX}:${name}`, ...rest);
    return fill(mark, MARK_ELEMENT, { [`xmlns:${MARK_PREFIX}`]: MARK_NAMESPACE }, inside);
}

function fill(mark: Mark, name: string, namespace: Record<string, string>, make: typeof element): Element {
    return make(
        name,
        {
            ...namespace,
            version: String(mark.schemaVersion),
            phase: mark.phase,
            since: mark.since,
            ...(mark.deadline ? { deadline: mark.deadline } : {}),
            ...(mark.incarnation ? { incarnation: mark.incarnation } : {}),
            ...(mark.claim ? { claim: mark.claim } : {}),
        },
        make("urn", {}, mark.urn),
        make("creator", { ...mark.creator }),
        ...(mark.disowned ?? []).map((creator) => make("disowned", { ...creator })),
        make("boot", {
            digest: mark.bootDigest,
            ...(mark.definition ? { definition: mark.definition } : {}),
            ...(mark.shutdown ? { shutdown: "yes" } : {}),
            ...(mark.told ? { told: mark.told } : {}),
            ...(mark.gdb === undefined ? {} : { gdb: String(mark.gdb) }),
        }),
        mark.probe === undefined ? undefined : make("probe", {}, writeProbe(mark.probe)),
        mark.folder === undefined ? undefined : make("folder", { path: mark.folder }),
        ...(mark.files ?? []).map(({ name, role, key, digest }) =>
            make("file", {
                name,
                role,
                ...(key === undefined ? {} : { key }),
                ...(digest === undefined ? {} : { digest }),
            }),
        ),
        ...(mark.reservations ?? []).map(({ foreign, ...entry }) =>
            make("reservation", { ...entry, ...(foreign ? { foreign: "yes" } : {}) }),
        ),
        ...(mark.records ?? []).map(({ foreign, ...entry }) =>
            make("record", { ...entry, ...(foreign ? { foreign: "yes" } : {}) }),
        ),
        mark.lastGood === undefined ? undefined : make("lastGood", {}, mark.lastGood),
    );
}

/** Return the mark of a domain; undefined when it has none. Throws `newer-state` for one that a newer release wrote. */
export function readMark(domainXml: string): Mark | undefined {
    const domain = tree(domainXml, "domain");
    const found = at(domain, "metadata")?.children.find(ours);
    if (!found) return undefined;
    const version = Number(found.attributes.version);
    if (version > MARK_VERSION) {
        throw new UnikernelError(
            "newer-state",
            `the domain's mark has version ${version}, this release reads up to ${MARK_VERSION}`,
            { hint: "install the release of pulumi-unikernel that made this guest, or a newer one" },
        );
    }
    const phase = PHASES.find((known) => known === found.attributes.phase);
    const creator = at(found, "creator")?.attributes;
    const { digest, definition, shutdown, told, gdb } = at(found, "boot")?.attributes ?? {};
    const urn = text(found, "urn");
    // A truncated mark proves nothing: the guest then counts as another owner's.
    if (!(version >= 1) || !phase || !creator || digest === undefined || urn === undefined) return undefined;
    return prune({
        schemaVersion: version,
        urn,
        bootDigest: digest,
        phase,
        creator: readCreator(creator),
        disowned: all(found, "disowned").map(({ attributes }) => readCreator(attributes)),
        definition,
        shutdown: shutdown === "yes" || undefined,
        told: told || undefined,
        gdb: gdb ? Number(gdb) : undefined,
        probe: readProbe(text(found, "probe")),
        since: found.attributes.since ?? "",
        deadline: found.attributes.deadline,
        incarnation: found.attributes.incarnation,
        claim: found.attributes.claim,
        lastGood: text(found, "lastGood"),
        folder: version >= 2 ? at(found, "folder")?.attributes.path : folderOf(domain),
        files: version >= 2 ? all(found, "file").flatMap(readFile) : namesOf(found, domain).map(recordOfName),
        reservations: all(found, "reservation").map(readReservation),
        records: all(found, "record").map(readName),
    });
}

function readReservation({ attributes: { network = "", mac = "", address = "", foreign } }: Tree): RecordedReservation {
    return { network, mac, address, ...(foreign === "yes" ? { foreign: true } : {}) };
}

function readName({ attributes: { network = "", address = "", name = "", foreign } }: Tree): RecordedName {
    return { network, address, name, ...(foreign === "yes" ? { foreign: true } : {}) };
}

/** Return the creator of a mark. */
export function readCreator({ user = "", machine = "", project = "" }: Tree["attributes"]): Creator {
    return { user, machine, project };
}

/** Return the record of a file. An unknown role becomes `kept`, so that the file is not deleted. */
function readFile({ attributes: { name, role, key, digest } }: Tree): FileRecord[] {
    if (!name) return [];
    return [
        {
            name,
            role: ROLES.find((known) => known === role) ?? "kept",
            ...(key === undefined ? {} : { key }),
            ...(digest === undefined ? {} : { digest }),
        },
    ];
}

/**
 * Return the file names of a version 1 mark: it has names only, and the definition has paths. The folder is not listed.
 */
function namesOf(mark: Tree, domain: Tree): string[] {
    const folder = folderOf(domain);
    const booted = pathsOf(domain)
        .filter((path) => dirname(path) === folder)
        .map((path) => basename(path));
    return [...new Set([...all(mark, "file").map((file) => file.attributes.name ?? ""), ...booted])].filter(
        (name) => roleOf(name) !== undefined,
    );
}

/** Return the folder named by the guest's uuid from which its definition boots. */
function folderOf(domain: Tree): string | undefined {
    const uuid = text(domain, "uuid") ?? "";
    return pathsOf(domain)
        .map((path) => dirname(path))
        .find((folder) => basename(folder) === uuid);
}

function pathsOf(domain: Tree): string[] {
    const disks = all(at(domain, "devices"), "disk").map((disk) => at(disk, "source")?.attributes.file);
    return [text(domain, "os", "kernel"), text(domain, "os", "initrd"), ...disks].filter(
        (path): path is string => path?.startsWith("/") ?? false,
    );
}

function ours(element: Tree): boolean {
    return element.namespace === MARK_NAMESPACE && element.name === MARK_ELEMENT;
}

function prune(mark: Mark): Mark {
    if (mark.deadline === undefined) delete mark.deadline;
    if (mark.incarnation === undefined) delete mark.incarnation;
    if (mark.claim === undefined) delete mark.claim;
    if (mark.lastGood === undefined) delete mark.lastGood;
    if (mark.definition === undefined) delete mark.definition;
    if (mark.shutdown === undefined) delete mark.shutdown;
    if (mark.told === undefined) delete mark.told;
    if (mark.gdb === undefined) delete mark.gdb;
    if (mark.probe === undefined) delete mark.probe;
    if (mark.folder === undefined) delete mark.folder;
    if (!mark.files?.length) delete mark.files;
    if (!mark.reservations?.length) delete mark.reservations;
    if (!mark.records?.length) delete mark.records;
    if (!mark.disowned?.length) delete mark.disowned;
    return mark;
}
