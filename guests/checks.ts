import type { GuestCapabilities, Problem, UnikernelSpec } from "../model";
import { isSecret } from "./secrets";

/** Check the limits that every guest with a configuration has. */
export function checkLimits(
    spec: UnikernelSpec,
    guest: Pick<GuestCapabilities, "minMemory" | "maxDisks" | "maxInterfaces">,
): Problem[] {
    return [
        ...unless(
            spec.memory >= guest.minMemory,
            "memory",
            `${spec.memory} MiB: no guest of this kind is known to boot with less than ${guest.minMemory}`,
        ),
        ...unless(
            spec.blocks.length <= guest.maxDisks,
            "blocks",
            `${spec.blocks.length} disks: this guest takes at most ${guest.maxDisks}`,
        ),
        ...unless(
            spec.interfaces.length <= guest.maxInterfaces,
            "interfaces",
            `${spec.interfaces.length} interfaces: this guest takes at most ${guest.maxInterfaces}`,
        ),
    ];
}

/** Warn about memory with which only few guests boot. @param small the guests that do, for the message */
export function warnMemory(
    { memory }: UnikernelSpec,
    { minMemory, usualMemory = minMemory }: Pick<GuestCapabilities, "minMemory" | "usualMemory">,
    small: string,
): Problem[] {
    // Less than minMemory is refused, which says enough.
    return unless(
        memory >= usualMemory || memory < minMemory,
        "memory",
        `${memory} MiB: ${small} boot with less than ${usualMemory}`,
    );
}

/** Check that mount points are absolute and plain, and that each is used once. */
export function checkMounts(spec: UnikernelSpec): Problem[] {
    const mounts = spec.blocks.map((block) => (block.mount === undefined ? undefined : normalise(block.mount)));
    return spec.blocks.flatMap(({ mount }, index): Problem[] => {
        const property = `blocks[${index}].mount`;
        if (mount === undefined) return [];
        if (!mount.startsWith("/")) return [{ property, reason: `"${mount}" is not absolute; write "/${mount}"` }];
        if (mounts[index] === "/") return [{ property, reason: `"${mount}" would hide the guest's own root` }];
        if (mount.split("/").some((part) => part === "." || part === ".."))
            return [{ property, reason: `"${mount}" has "." or ".." in it` }];
        const first = mounts.indexOf(mounts[index]);
        return unless(first === index, property, `"${mount}" is the mount point of blocks[${first}] too`);
    });
}

/** Check names against those that every libc and shell accepts (POSIX, XBD 8.1, with lower case). */
export function checkEnvNames(spec: UnikernelSpec): Problem[] {
    return Object.keys(spec.env).flatMap((name) =>
        unless(
            /^[A-Za-z_][A-Za-z0-9_]*$/.test(name),
            `env.${name}`,
            `"${name}" is not a name of a variable: letters, digits and _, no digit first`,
        ),
    );
}

/** Check labels against RFC 1123, section 2.1. @param longest the guest's limit in all */
export function checkHostname(spec: UnikernelSpec, longest: number): Problem[] {
    const { hostname } = spec;
    if (hostname === undefined) return [];
    const labels = hostname.split(".");
    const valid =
        hostname.length <= longest &&
        labels.every((label) => /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label));
    return unless(
        valid,
        "hostname",
        `"${hostname}" is not a host name: letters, digits and "-" in labels of up to 63, at most ${longest} in all`,
    );
}

/** Refuse `mirage` for a guest that is no MirageOS program. */
export function refuseMirage({ mirage }: UnikernelSpec): Problem[] {
    return unless(mirage !== true, "mirage", "only a solo5 guest can be a MirageOS program; leave it out");
}

/**
 * Check everything that the guest gets on its command line: no secrets, which every user of the host could read there, and
 * no characters that a command line cannot carry.
 */
export function checkLineWords(spec: UnikernelSpec): Problem[] {
    const told: [property: string, value: string][] = [
        ...spec.args.map((value, index): [string, string] => [`args[${index}]`, value]),
        ...Object.entries(spec.env).map(([name, value]): [string, string] => [`env.${name}`, value]),
        ...(spec.hostname === undefined ? [] : ([["hostname", spec.hostname]] as [string, string][])),
    ];
    return told.flatMap(([property, value]) => [
        ...unless(
            !isSecret(spec, property),
            property,
            "a secret would stand on the command line, which everyone on the host can read",
        ),
        ...unless(!/[\0\n\r]/.test(value), property, "a command line cannot carry a line break or NUL"),
    ]);
}

/** Warn about a writable disk whose file system is read-only. */
export function warnReadOnlyFormats(spec: UnikernelSpec): Problem[] {
    return spec.blocks.flatMap((block, index) =>
        unless(
            block.access === "read" || block.format !== "iso9660",
            `blocks[${index}].access`,
            `"${block.access}" on an iso9660 image, which no guest can write; choose format ext2`,
        ),
    );
}

/** On a host QEMU decodes qcow2; on a physical machine nothing does. */
export function refuseQcow2(spec: UnikernelSpec): Problem[] {
    return spec.blocks.flatMap(({ format, path }, index) =>
        unless(
            spec.platform !== "iso" || format !== "qcow2",
            `blocks[${index}].${path === undefined ? "image" : "path"}`,
            "a machine cannot mount a qcow2 image; choose format iso9660 or ext2, or convert it: qemu-img convert -O raw",
        ),
    );
}

/** Return a problem of the property unless the condition holds. */
export function unless(condition: boolean, property: string, reason: string): Problem[] {
    return condition ? [] : [{ property, reason }];
}

function normalise(path: string): string {
    return `/${path.split("/").filter(Boolean).join("/")}`;
}
