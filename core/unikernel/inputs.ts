import type { Imported } from "../../backends";
import type { BlockSpec, InterfaceSpec, UnikernelInputs, UnikernelOutputs } from "../../model";
import { attachKind } from "../../model";
import { namesWhere, unikernelRows } from "../../model/arguments";
import { containsUnknown, isUnknown } from "../handlers";

/**
 * Fields that state holds in addition to UnikernelSpec.
 * `drift`: properties that a read found edited on the host and whose values state does not hold. `unfinished` in it
 * means that an interrupted operation must be completed.
 * `imported`: set until the first update.
 * `hidden`: paths of secret values that are not in `secrets` (`connection`, `readiness.console`). Displayed text never
 * repeats them, and no difference follows from them.
 * `incarnation`: of a guest that a create found on the host.
 * `folder`: the parent of the guest's own folder on its host; undefined in the state of earlier releases until a read
 * finds it in the guest's mark.
 */
export interface Stored {
    hidden?: string[];
    drift?: string[];
    imported?: Imported;
    incarnation?: string;
    folder?: string;
}
export type StoredInputs = UnikernelInputs & Stored;
export type StoredOutputs = UnikernelOutputs & Stored;

const FILES = namesWhere(unikernelRows, ({ boots }) => boots === "file");
const VALUES = namesWhere(unikernelRows, ({ boots }) => boots === "value");
const CONFIGURATION = namesWhere(unikernelRows, ({ boots }) => boots === "configuration");

/** Return everything that distinguishes one boot from another; equal boots give equal data. */
export function bootRelevant(spec: Omit<UnikernelInputs, "bootDigest" | "consequence">): Record<string, unknown> {
    return {
        ...pick(spec.digests, FILES),
        config: spec.digests.config,
        ...pick(spec, VALUES),
        blocks: each(spec.blocks, blockIdentity),
        interfaces: each(spec.interfaces, ({ mac, attach }) => [
            mac,
            containsUnknown(attach) ? attach : attachKind(attach),
        ]),
    };
}

function pick(values: object, names: string[]): Record<string, unknown> {
    return Object.fromEntries(names.map((name) => [name, Reflect.get(values, name)]));
}

/** A persist disk is seeded once: later changes of its image do not concern it. */
export function blockIdentity({ name, digest, format, mount, access }: BlockSpec): unknown[] {
    return [name, access === "persist" ? null : digest, format, mount ?? null, access];
}

/** Return the configuration that the guest itself reads. */
export function configRelevant(spec: Pick<UnikernelInputs, "args" | "env" | "hostname" | "blocks" | "interfaces">) {
    return {
        ...pick(spec, CONFIGURATION),
        mounts: each(spec.blocks, ({ mount }) => mount ?? null),
        interfaces: each(spec.interfaces, addressing),
    };
}

/** An unknown list, or an unknown element of one, arrives as text. */
function each<T>(list: T[], relevant: (element: T) => unknown): unknown {
    return Array.isArray(list) ? list.map((element) => (isUnknown(element) ? element : relevant(element))) : list;
}

/** Reservations and names are made on the network; the guest only sees DHCP, or its own address. */
function addressing({ driver, ipv4, ipv6 }: InterfaceSpec): unknown {
    const reserved = typeof ipv4 === "object" && "reserve" in ipv4;
    return [driver ?? null, (reserved ? "dhcp" : withoutName(ipv4)) ?? null, withoutName(ipv6) ?? null];
}

/** An unknown address arrives as text. */
function withoutName(ip: unknown): unknown {
    if (typeof ip !== "object" || ip === null) return ip;
    const { name: _, ...rest } = ip as { name?: string };
    return rest;
}

const OUTPUT_ONLY = [
    "ipAddresses",
    "consoleLog",
    "consoleCommand",
    "guestConfig",
    "path",
    "sha256",
    "size",
    "manifest",
    "burned",
    "incarnation",
];

/** Return the inputs within outputs. */
export function inputsWithin(outputs: Record<string, unknown>): Record<string, unknown> {
    return Object.fromEntries(Object.entries(outputs).filter(([name]) => !OUTPUT_ONLY.includes(name)));
}
