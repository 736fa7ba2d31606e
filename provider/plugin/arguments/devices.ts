import { isUnknown, logicalName, UNKNOWN } from "../../../core";
import type { Problem } from "../../../model";
import { withoutDigests } from "../../echoes";
import { kindOf } from "../urn";
import type { Properties } from "../wire/codec";
import { ResourceReference } from "../wire/codec";
import type { References } from "./references";

/** Context for turning references into plain data, and the receivers of its problems. */
export interface Flattening {
    references: References;
    /** The old inputs. */
    olds: Properties;
    failures: Problem[];
    warn(message: string): void;
}

const BLOCK_PARTS = ["name", "image", "formerly", "digest", "format", "output", "secret"];

/**
 * Return `blocks` with data images as plain objects: `{ image, mount }` → `{ name, digest, format, output, mount }`,
 * with the image's name where it differs from the disk's.
 */
export function plainBlocks(blocks: unknown, flattening: Flattening): unknown {
    if (!Array.isArray(blocks)) return blocks;
    return withoutDigests(blocks, flattening.olds.blocks).map((block, index) => {
        if (!isObject(block) || !("image" in block)) return block;
        const { image, ...rest } = block;
        if (isUnknown(image)) return { ...rest, name: rest.name ?? UNKNOWN, digest: UNKNOWN, format: UNKNOWN };
        const at = `blocks[${index}].image`;
        const parts = image instanceof ResourceReference ? blockOf(image, at, flattening) : partsOf(image);
        // A failed block becomes unknown, so that the rest is still checked and the problem is reported once.
        return parts
            ? { ...rest, ...named(parts, rest.name) }
            : fail(flattening, at, "expected a BlockImage; a file that exists already is given as `path`");
    });
}

/** Return a data image's parts under the name that the program gives the disk. */
function named(parts: Properties, name: unknown): Properties {
    if (name === undefined) return parts;
    const { formerly: _, ...others } = parts;
    return { ...others, name, image: parts.image ?? parts.name };
}

function blockOf(image: ResourceReference, at: string, flattening: Flattening): Properties | undefined {
    if (!isOf(image, "blockImage")) return undefined;
    return (
        flattening.references.block(image.urn) ??
        fromBefore(image, at, flattening, () => {
            const before = listOf(flattening.olds.blocks).find(
                (block) => (block.image ?? block.name) === logicalName(image.urn),
            );
            return before && pick(before, BLOCK_PARTS);
        })
    );
}

/** Return the parts of a data image given as the image's outputs. */
function partsOf(image: unknown): Properties | undefined {
    return isObject(image) && typeof image.digest === "string" && typeof image.name === "string"
        ? pick(image, BLOCK_PARTS)
        : undefined;
}

/** Return `interfaces` as plain objects. */
export function plainInterfaces(interfaces: unknown, flattening: Flattening): unknown {
    if (!Array.isArray(interfaces)) return interfaces;
    return interfaces.map((nic: unknown, index) => {
        if (!(nic instanceof ResourceReference)) return nic;
        const at = `interfaces[${index}]`;
        const plain = isOf(nic, "networkInterface") ? nicOf(nic, index, at, flattening) : undefined;
        return plain ?? fail(flattening, at, "expected a NetworkInterface");
    });
}

function nicOf(nic: ResourceReference, index: number, at: string, flattening: Flattening): unknown {
    return (
        flattening.references.nic(nic.urn) ??
        fromBefore(nic, at, flattening, () => listOf(flattening.olds.interfaces)[index])
    );
}

/** Return the former values of a referenced resource: a run with --target checks only the targets. */
function fromBefore<T extends Properties>(
    { urn }: ResourceReference,
    at: string,
    { failures, warn }: Flattening,
    find: () => T | undefined,
): Properties {
    const before = find();
    if (before) {
        warn(`${at}: ${logicalName(urn)} was not checked in this run; its former values are used`);
        return before;
    }
    failures.push({
        property: at,
        reason: `${logicalName(urn)} was not checked in this run; run without --target, or add --target '**::${logicalName(urn)}' (one with secrets needs the same provider)`,
    });
    // Every part is unknown, so that no check reports a further problem.
    return at.startsWith("blocks")
        ? { name: logicalName(urn), digest: UNKNOWN, format: UNKNOWN }
        : { mac: UNKNOWN, attach: UNKNOWN };
}

function fail({ failures }: Flattening, property: string, reason: string): string {
    failures.push({ property, reason });
    return UNKNOWN;
}

function isOf({ urn }: ResourceReference, kind: ReturnType<typeof kindOf>): boolean {
    try {
        return kindOf(urn) === kind;
    } catch {
        return false;
    }
}

function listOf(value: unknown): Properties[] {
    return Array.isArray(value) ? value.filter(isObject) : [];
}

function pick(from: Properties, names: string[]): Properties {
    return Object.fromEntries(names.filter((name) => from[name] !== undefined).map((name) => [name, from[name]]));
}

export function isObject(value: unknown): value is Properties {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
