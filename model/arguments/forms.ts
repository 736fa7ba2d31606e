import { isIP } from "node:net";
import { z } from "zod";

// Shapes that several arguments share.

/** Stricter than libvirt, because the name is also part of commands that people type. */
export const NAME_PATTERN = /^[A-Za-z0-9_.-]{1,63}$/;

/** A libvirt URI; its driver decides about the rest. */
export const CONNECTION_PATTERN = /^[a-z][a-z0-9+.-]*:\/\/\S*$/i;
export const EXPECTED_CONNECTION = "expected a libvirt URI, such as qemu:///system";

/** Kernels take paths and arguments as C strings, which end at NUL. */
function noNul(text: string): boolean {
    return !text.includes("\0");
}

export const path = z
    .string({ error: "expected the path of a file" })
    .min(1, "expected the path of a file")
    .refine(noNul, "a path cannot hold a NUL character");

export const guestText = z.string({ error: "expected text" }).refine(noNul, "cannot hold a NUL character");

export const port = z
    .int({ error: "expected a port from 1 to 65535" })
    .min(1, "expected a port from 1 to 65535")
    .max(65535, "expected a port from 1 to 65535");

export const hostAddress = z.string().refine((text) => isIP(text) === 4, "expected an IPv4 address of the host");

/** Return the shape of a whole number in a unit; its error names the whole range. */
export function whole(unit: string, least: number, most: number) {
    const expected = `expected a whole number of ${unit} from ${least} to ${most}`;
    return z.int({ error: expected }).min(least, expected).max(most, expected);
}

/** Memory of a guest in MiB. */
export const memory = whole("MiB", 1, 16_777_216);
