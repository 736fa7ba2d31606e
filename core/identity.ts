import { createHash } from "node:crypto";
import { logicalName } from "../model";

/**
 * The namespace of this package's UUIDs (RFC 9562, section 5.5). It never changes: every guest's uuid follows from it.
 */
const NAMESPACE = "5b0f5a52-6d35-5d0b-9a5e-3f1c4d1f7c11";

/**
 * Return a resource's uuid, the same on every host: UUIDv5 of its URN.
 * @param index counts further identities, for a resource whose first ones belong to guests that were renamed
 */
export function uuidOf(urn: string, index = 0): string {
    // Loaded when first used: a resource in state has its uuid.
    const { v5 } = require("uuid") as typeof import("uuid");
    return v5(numbered(urn, index), NAMESPACE);
}

/** A URN holds no NUL, so further identities of two resources cannot collide. */
function numbered(urn: string, index: number): string {
    return index === 0 ? urn : `${urn}\0${index}`;
}

/** Return the first hex digits of the URN's sha256: stable for one resource of a stack, different for any other. */
export function hashOf(urn: string, digits: number): string {
    return createHash("sha256").update(urn).digest("hex").slice(0, digits);
}

/** Return the logical name with invalid characters replaced, cut to fit, then `-` and 7 hash digits. */
export function defaultName(urn: string, index = 0): string {
    const readable = logicalName(urn)
        .replaceAll(/[^A-Za-z0-9_.-]+/g, "-")
        .slice(0, 55);
    return `${readable}-${hashOf(numbered(urn, index), 7)}`;
}

/** Return a MAC of QEMU's prefix (52:54:00) and 24 bits of the URN's hash. */
export function defaultMac(urn: string, index = 0): string {
    return `52:54:00:${hashOf(numbered(urn, index), 6).match(/../g)?.join(":")}`;
}
