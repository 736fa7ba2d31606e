import type { Consequence } from "../../consequence";
import type { DomainFacts } from "../model";
import { at, element, type Tree } from "../xml";
import type { Device } from "./device";

const now = ({ currentMemoryMib }: DomainFacts): number => currentMemoryMib;
const atBoot = ({ memoryMib }: DomainFacts): number => memoryMib;

/** Boot memory, and what a balloon leaves the guest of it. */
export const memory = {
    arguments: ["memory", "maxMemory"],
    render: ({ memoryMib, maxMemoryMib }, { emulatesPc }) => ({
        domain: [
            element("memory", { unit: "MiB" }, String(maxMemoryMib ?? memoryMib)),
            ...(maxMemoryMib === undefined ? [] : [element("currentMemory", { unit: "MiB" }, String(memoryMib))]),
        ],
        // libvirt adds a balloon to every QEMU that does not say otherwise.
        devices: emulatesPc ? [element("memballoon", { model: "none" })] : [],
    }),
    read: ({ domain }) => {
        const memoryMib = mebibytes(at(domain, "memory"));
        const current = at(domain, "currentMemory");
        return { memoryMib, currentMemoryMib: current ? mebibytes(current) : memoryMib };
    },
    compared: ({ memoryMib, currentMemoryMib }) => ({ memory: [memoryMib, currentMemoryMib] }),
    // Without a balloon a guest has all its boot memory: each of the two that differs is drift of `memory`.
    drift: ({ memory, maxMemory }) =>
        maxMemory === undefined
            ? [{ property: "memory", applied: memory, seen: [now, atBoot] }]
            : [
                  { property: "memory", applied: memory, seen: [now] },
                  { property: "maxMemory", applied: maxMemory, seen: [atBoot] },
              ],
    live: {
        memory: {
            possible: ({ running, wanted, hypervisor }) =>
                hypervisor.balloons && running.memoryMib === wanted.memoryMib,
            make: (host, uuid, { wanted }) =>
                host.domains.setMemory(uuid, wanted.currentMemoryMib * 1024, { live: true, config: false }),
        },
    },
    import: {
        elements: ["memory", "currentMemory"],
        devices: {
            memballoon: ({ attributes }, notes) => {
                if (attributes.model !== "none") notes.drop("balloon");
            },
        },
        declare: ({ domain }, notes) => {
            const memory = mebibytes(at(domain, "memory"));
            const current = at(domain, "currentMemory");
            if (!Number.isInteger(memory) || memory < 1)
                notes.refuse(
                    `memory of ${memory * 1024} KiB, which is no whole number of MiB (virsh setmaxmem NAME ${Math.max(1, Math.ceil(memory || 0))}M --config)`,
                );
            if (current && mebibytes(current) !== memory)
                notes.change("memory", `${mebibytes(current)} of ${memory} MiB`, `${memory} MiB`);
            return { memory };
        },
    },
} satisfies Device;

/**
 * Return what another `memory` is for a guest that may have a balloon: check refuses `maxMemory` for one that has none.
 */
export function changeOfMemory({ maxMemory }: { maxMemory?: number }): Consequence {
    return maxMemory === undefined ? "restart" : "live";
}

const KIB = new Map([
    ["b", 1 / 1024],
    ["bytes", 1 / 1024],
    ["KiB", 1],
    ["k", 1],
    ["MiB", 1024],
    ["M", 1024],
    ["GiB", 1024 ** 2],
    ["G", 1024 ** 2],
    ["TiB", 1024 ** 3],
    ["T", 1024 ** 3],
]);

/** Return an amount in MiB. libvirt returns KiB, in whatever unit it was written. */
function mebibytes(amount: Tree | undefined): number {
    return (Number(amount?.text ?? 0) * (KIB.get(amount?.attributes.unit ?? "KiB") ?? 1)) / 1024;
}
