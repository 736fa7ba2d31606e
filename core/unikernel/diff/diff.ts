import type { Consequence, ConsequenceTable } from "../../../backends";
import { knownHost, same } from "../../../model";
import {
    type NamesWhere,
    namesWhere,
    type UnikernelArgument,
    type UnikernelRows,
    unikernelRows,
} from "../../../model/arguments";
import { containsUnknown } from "../../handlers";
import type { StoredInputs } from "../inputs";
import { blockPairs } from "./blockDiff";
import { folderPairs } from "./folder";
import type { Pair } from "./pair";

/** One property that changed. */
export interface Difference {
    /** Path as in the arguments: `env.GREETING`, `blocks[0]`, `interfaces[0].attach`. */
    property: string;
    from: unknown;
    to: unknown;
    consequence: Consequence;
    /** The values are known only after another resource is created. */
    unknown: boolean;
    /** Display text, where the path alone is not enough. */
    note?: string;
}

/**
 * Return the differences and their consequences, by the backend's table. Pure. `adopt`, paths and `consequence` never
 * differ.
 */
export function differences(old: Partial<StoredInputs>, next: StoredInputs, table: ConsequenceTable): Difference[] {
    return (
        [...pairs(old, next), ...drifted(old, next)]
            .filter(({ from, to, note }) => note !== undefined || containsUnknown(to) || !same(from, to))
            .map((pair) => decide(pair, table, next))
            // The first update of an imported guest writes its whole definition again.
            .map((found) =>
                old.imported && !next.imported && found.consequence === "live"
                    ? { ...found, consequence: "restart" }
                    : found,
            )
    );
}

function decide(
    { property, from, to, note, consequence }: Pair,
    table: ConsequenceTable,
    next: StoredInputs,
): Difference {
    const unknown = containsUnknown(to);
    const decided = consequence ?? consequenceOf(table, { property, from, to, unknown }, next);
    // deleteBeforeReplace also takes the dependents down, so only a known change replaces.
    return { property, from, to, note, unknown, consequence: unknown && decided === "replace" ? "restart" : decided };
}

/**
 * Properties that only this package reads, invisible to the guest. `secrets` is not among them: its configuration moves
 * to a separate file.
 */
const LIVE = new Set(["urn", "connection", "deleteData", "keepLast", "shutdownTimeout", "readiness"]);

function consequenceOf(
    table: ConsequenceTable,
    { property, from, to, unknown }: Omit<Difference, "consequence">,
    next: StoredInputs,
): Consequence {
    const path = property.replaceAll(/\[\d+\]/g, "[]");
    const entry = table[path] ?? table[path.replaceAll("[]", "")] ?? table[root(property)];
    if (!entry) return LIVE.has(property) ? "live" : "restart";
    return (!unknown && entry.refine?.(from, to, next)) || entry.consequence;
}

/** Return the argument of a property path: `blocks[0].mount` → `blocks`. */
export function root(property: string): string {
    return property.split(/[.[]/)[0] ?? property;
}

/** Properties that a preview names in another place than the table of arguments. */
const AFTER: Record<string, string[]> = { name: ["urn"], args: ["sshTarget"], accelerator: ["gdb", "qemuArgs"] };
const ELSEWHERE = new Set(Object.values(AFTER).flat());

/** Properties that are compared by value, in the order in which a preview names them. */
const PLAIN = namesWhere(unikernelRows, ({ compared }) => compared === undefined)
    .filter((name) => !ELSEWHERE.has(name))
    .flatMap((name) => [name, ...(AFTER[name] ?? [])]) as ("urn" | UnikernelArgument)[];

type OwnComparison = NamesWhere<UnikernelRows, "compared", "own">;

/** The comparisons of all other arguments, in the order in which a preview names them. */
const OWN: Record<OwnComparison, (old: Partial<StoredInputs>, next: StoredInputs) => Iterable<Pair>> = {
    connection: moved,
    kernel: (old, next) => [{ property: "kernel", from: old.digests?.kernel, to: next.digests?.kernel }],
    initrd: (old, next) => [{ property: "initrd", from: old.digests?.initrd, to: next.digests?.initrd }],
    env: (old, next) => entries("env", old.env, next.env),
    blocks: (old, next) => blockPairs(old.blocks ?? [], next.blocks, next.keepLast),
    interfaces: (old, next) => interfaces(old.interfaces ?? [], next.interfaces),
    secrets: (old, next) => [
        { property: "secrets", from: [...(old.secrets ?? [])].sort(), to: sortedOr(next.secrets) },
    ],
};

function* pairs(old: Partial<StoredInputs>, next: StoredInputs): Generator<Pair> {
    for (const property of PLAIN) {
        // A stopped guest stays stopped, whether or not its host keeps its memory.
        if (property === "state" && old.state === "saved" && next.state === "stopped") continue;
        yield { property, from: old[property], to: next[property] };
    }
    for (const compare of Object.values(OWN)) yield* compare(old, next);
}

function sortedOr(list: unknown): unknown {
    return Array.isArray(list) ? [...list].sort() : list;
}

/** Compare hosts, not the text of URIs: another URI for the same host is no move. */
function* moved(old: Partial<StoredInputs>, next: StoredInputs): Generator<Pair> {
    const [from, to] = [knownHost(old.host), knownHost(next.host)];
    if (from !== undefined && to !== undefined && from !== to)
        yield { property: "connection", from, to, consequence: "replace" };
    else yield { property: "connection", from: old.connection, to: next.connection, consequence: "live" };
    yield* folderPairs(old, next);
}

function* entries(property: string, from: object | undefined, to: unknown): Generator<Pair> {
    if (!isObject(to)) return yield { property, from, to };
    const before = new Map(Object.entries(from ?? {}));
    const after = new Map(Object.entries(to));
    for (const name of new Set([...before.keys(), ...after.keys()])) {
        yield { property: `${property}.${name}`, from: before.get(name), to: after.get(name) };
    }
}

function* interfaces(from: StoredInputs["interfaces"], to: StoredInputs["interfaces"]): Generator<Pair> {
    if (!Array.isArray(to)) return yield { property: "interfaces", from, to };
    for (let index = 0; index < Math.max(from.length, to.length); index++) {
        const [before, after] = [from[index], to[index]];
        if (!before || !isObject(after)) yield { property: `interfaces[${index}]`, from: before, to: after };
        else
            for (const part of ["mac", "attach", "driver", "ipv4", "ipv6"] as const) {
                yield { property: `interfaces[${index}].${part}`, from: before[part], to: after[part] };
            }
    }
}

/** An unknown element of a list arrives as text. */
function isObject<T>(value: T | undefined): value is T & object {
    return typeof value === "object" && value !== null;
}

export const EDITED = "edited on the host";

/**
 * Drift of a guest that booted what this package applied from another state, such as a later one that is lost. A read
 * takes the values that it finds, and the digest of the rest; where that is of what is declared, nothing differs.
 */
export const OTHER_BOOT = "boot";

/** Compare properties that a read found edited on the host: the update writes them again. */
function* drifted({ drift = [], bootDigest }: Partial<StoredInputs>, next: StoredInputs): Generator<Pair> {
    for (const property of drift) {
        if (property === OTHER_BOOT && bootDigest === next.bootDigest) continue;
        yield { property, from: EDITED, to: undefined, note: `${property} (${EDITED})` };
    }
}

const STRENGTH: Consequence[] = ["live", "restart", "rebuild", "replace"];

export function strongest(found: { consequence: Consequence }[]): Consequence {
    return found.reduce<Consequence>(
        (most, { consequence }) => (STRENGTH.indexOf(consequence) > STRENGTH.indexOf(most) ? consequence : most),
        "live",
    );
}
