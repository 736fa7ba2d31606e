import { createHash } from "node:crypto";

import type { DomainFacts } from "../model";

/** Facts by the property that decides them. Not the machine: libvirt replaces an alias such as `pc` by the full name. */
function byProperty(facts: DomainFacts): Record<string, unknown> {
    return {
        accelerator: facts.type,
        kernel: facts.kernel,
        initrd: facts.initrd,
        args: facts.cmdline,
        memory: [facts.memoryMib, facts.currentMemoryMib],
        vcpus: facts.vcpus,
        onCrash: facts.onCrash,
        blocks: facts.disks,
        interfaces: [facts.interfaces, facts.forwards],
        consoleLog: facts.consoleLog,
        guest: [facts.panicDevice, facts.onReboot],
        gdb: facts.gdb,
        qemuArgs: facts.qemuArgs,
    };
}

/** Tells an edited definition from the one that we wrote: 16 hex digits. */
export function definitionDigest(facts: DomainFacts): string {
    return createHash("sha256")
        .update(JSON.stringify(sorted(byProperty(facts))))
        .digest("hex")
        .slice(0, 16);
}

/** The properties in which two definitions differ. */
export function differences(one: DomainFacts, other: DomainFacts): string[] {
    const [left, right] = [byProperty(one), byProperty(other)];
    return Object.keys(left).filter(
        (property) => JSON.stringify(sorted(left[property])) !== JSON.stringify(sorted(right[property])),
    );
}

/** Keys in one order, undefined left out: equal values give equal text. */
function sorted(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(sorted);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(
        Object.entries(value)
            .filter(([, item]) => item !== undefined)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, item]) => [key, sorted(item)]),
    );
}
