import { z } from "zod";
import { block } from "./block";
import { memory, whole } from "./forms";
import { host } from "./hosts";
import { interfaceShape } from "./networkInterface";
import type { Rows } from "./row";

const interfaceOfGuest = z.strictObject({ ...interfaceShape, mac: interfaceShape.mac.unwrap() });

/** Lists whose elements check parses one by one, so that an unknown element hides no problem of another element. */
export const unikernelElements = { blocks: block, hosts: host, interfaces: interfaceOfGuest };

/** The devices of a guest's machine. */
export const deviceRows = {
    memory: {
        shape: memory.optional(),
        description: "MiB, from 1. Changed: restart on KVM.",
        default: "64, or twice what the guest is known to need where that is more",
        docs: { unit: "MiB, from 1" },
        boots: "value",
        drifts: true,
        imported: true,
    },
    maxMemory: {
        shape: memory.optional(),
        description:
            "Xen, for a guest with a balloon (linux): MiB up to which `memory` changes without interruption. Changed: restart.",
        default: "`memory`, so that every change of it is a restart",
        docs: {
            unit: "MiB, at least `memory`",
            default: "as `memory`",
            about: "Xen, for a guest with a balloon (linux): up to this, `memory` changes without interruption",
        },
        boots: "value",
    },
    vcpus: {
        shape: whole("processors", 1, 255).default(1),
        description: "Processors, 1–255. Changed: restart on KVM.",
        docs: { unit: "1–255" },
        boots: "value",
        drifts: true,
        imported: true,
    },
    blocks: {
        shape: z.array(block).default([]),
        description: "Disks, in the guest's order. Changed: restart.",
        docs: { unit: "`{ image \\| path, mount, access, format }`", about: "disks in the guest's order, below" },
        boots: "value",
        compared: "own",
        imported: true,
    },
    interfaces: {
        shape: z.array(interfaceOfGuest).default([]),
        description: "Network cards, in the guest's order; each in one unikernel only.",
        docs: { unit: "[NetworkInterface](network-interface.md)", about: "each in one unikernel only" },
        boots: "value",
        compared: "own",
        imported: true,
    },
    accelerator: {
        shape: z.enum(["auto", "kvm", "tcg"]).default("auto"),
        description: "`auto` takes KVM where a guest really boots with it, else emulation (`tcg`). Changed: restart.",
        docs: { about: "`auto` takes KVM only after a probe guest has booted with it" },
        boots: "value",
        imported: true,
    },
} satisfies Rows;
