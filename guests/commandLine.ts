import type { GuestCapabilities, Platform, Problem } from "../model";
import { unless } from "./checks";

/** What guests have in common that get nothing but a command line: devices and files are found by themselves. */
export const commandLineGuest = {
    platforms: ["kvm", "xen", "iso"],
    machine: "pc",
    virtio: "transitional",
    drivers: {},
    writableDisks: [],
    maxDisks: 16,
    panicDevice: false,
} satisfies Partial<GuestCapabilities>;

/** RFC 1123, section 2.1. */
export const LONGEST_HOSTNAME = 253;

/** QEMU writes the kernel's path on the host before the line; where we put it, it is no longer than this. */
const PATH_ROOM = 256;

/** Check that a line fits, with the kernel's path where the loader writes one. @param guest its name, for the message */
export function checkLineLength(line: string, platform: Platform, longest: number, guest: string): Problem[] {
    const bytes = Buffer.byteLength(line) + (hasPath(platform) ? PATH_ROOM : 0);
    return unless(
        bytes <= longest,
        "args",
        `the command line is ${bytes} bytes${included(platform)}; ${guest} takes at most ${longest}`,
    );
}

/** Return whether the loader writes the kernel's path as the first word. */
export const hasPath = (platform: Platform): boolean => platform === "kvm";

export const included = (platform: Platform): string => (hasPath(platform) ? ", the kernel's path included" : "");
