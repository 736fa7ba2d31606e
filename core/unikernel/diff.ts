import type { Consequence, ConsequenceTable } from "../../backends";
import { same } from "../../spec";
import {
    type NamesWhere,
    namesWhere,
    type UnikernelArgument,
    type UnikernelRows,
    unikernelRows,
} from "../../spec/arguments";
import { containsUnknown } from "../handlers";
import { blockPairs } from "./blockDiff";
import { folderPairs } from "./folder";
import type { StoredInputs } from "./inputs";
import type { Pair } from "./pair";

/** One property that is not as it was. */
export interface Difference {
    /** Path as in the arguments: `env.GREETING`, `blocks[0]`, `interfaces[0].attach`. */
    property: string;
    from: unknown;
    to: unknown;
    consequence: Consequence;
    /** Whether it differs is known only after another resource is there. */
    unknown: boolean;
    /** For people, where the path alone says too little. */
    note?: string;
}

/** Pure: what changed and what that means, by the backend's table. `adopt`, paths and `consequence` never differ. */
export function differences(old: Partial<StoredInputs>, next: StoredInputs, table: ConsequenceTable): Difference[] {
    return (
        [...pairs(old, next), ...drifted(old)]
            .filter(({ from, to, note }) => note !== undefined || containsUnknown(to) || !same(from, to))
            .map((pair) => decide(pair, table, next))
            // An update of what was imported writes its whole definition anew.
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
    // deleteBeforeReplace would take the dependents down too: only a known change replaces.
    return { property, from, to, note, unknown, consequence: unknown && decided === "replace" ? "restart" : decided };
}

/** What only this package reads; a guest never notices. A secret is not among them: its config moves to a file of its own. */
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

/** `blocks[0].mount` → `blocks`. */
export function root(property: string): string {
    return property.split(/[.[]/)[0] ?? property;
}

/** Where a preview names a property that does not stand at its place in the table of arguments. */
const AFTER: Record<string, string[]> = { name: ["urn"], args: ["sshTarget"], accelerator: ["gdb", "qemuArgs"] };
const ELSEWHERE = new Set(Object.values(AFTER).flat());

/** What is compared as it stands, in the order in which a preview names it. */
const PLAIN = namesWhere(unikernelRows, ({ compared }) => compared === undefined)
    .filter((name) => !ELSEWHERE.has(name))
    .flatMap((name) => [name, ...(AFTER[name] ?? [])]) as ("urn" | UnikernelArgument)[];

type OwnComparison = NamesWhere<UnikernelRows, "compared", "own">;

/** How each other argument is compared, in that order. */
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
        // A guest that is off stays off, whether its host keeps its memory or not.
        if (property === "state" && old.state === "saved" && next.state === "stopped") continue;
        yield { property, from: old[property], to: next[property] };
    }
    for (const compare of Object.values(OWN)) yield* compare(old, next);
}

function sortedOr(list: unknown): unknown {
    return Array.isArray(list) ? [...list].sort() : list;
}

/** The host decides, not the URI's text: another way to the same host is no move. */
function* moved(old: Partial<StoredInputs>, next: StoredInputs): Generator<Pair> {
    const elsewhere = old.host !== undefined && next.host !== undefined && old.host !== next.host;
    if (elsewhere) yield { property: "connection", from: old.host, to: next.host, consequence: "replace" };
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

/** An element of a list may itself be unknown: then it is a text. */
function isObject<T>(value: T | undefined): value is T & object {
    return typeof value === "object" && value !== null;
}

export const EDITED = "edited on the host";

/** What a read found edited on the host: the update writes it anew. */
function* drifted({ drift = [] }: Partial<StoredInputs>): Generator<Pair> {
    for (const property of drift) yield { property, from: EDITED, to: undefined, note: `${property} (${EDITED})` };
}

const STRENGTH: Consequence[] = ["live", "restart", "rebuild", "replace"];

export function strongest(found: { consequence: Consequence }[]): Consequence {
    return found.reduce<Consequence>(
        (most, { consequence }) => (STRENGTH.indexOf(consequence) > STRENGTH.indexOf(most) ? consequence : most),
        "live",
    );
}
