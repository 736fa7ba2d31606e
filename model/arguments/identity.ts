import { z } from "zod";
import { PLATFORMS } from "../values";
import { CONNECTION_PATTERN, EXPECTED_CONNECTION, NAME_PATTERN } from "./forms";
import { hosts } from "./hosts";
import type { Rows } from "./row";

/** The arguments that identify a guest and its host. */
export const identityRows = {
    platform: {
        shape: z.enum(PLATFORMS),
        description: "What it runs on. The kernel must be built for it. Changed: replaced.",
        docs: {
            unit: "`kvm`, [`xen`](xen.md), [`iso`](iso.md)",
            about: "the hypervisor or medium; the kernel must be built for it",
        },
        imported: true,
    },
    connection: {
        shape: z.string().regex(CONNECTION_PATTERN, EXPECTED_CONNECTION).optional(),
        description:
            "libvirt URI: `qemu:///system`, `qemu:///session`, `qemu+ssh://host/system`.\nChanged: replaced when it leads to another host; else nothing but the way there.",
        default: '"qemu:///session"; as root "qemu:///system"; for Xen "xen:///system"',
        docs: {
            unit: "libvirt URI",
            default: "`qemu:///session`; as root `qemu:///system`",
            about: "resolved at the first create and kept; another URI for the same host is a live change",
        },
        compared: "own",
        imported: true,
    },
    hosts: {
        shape: hosts.optional(),
        description:
            "Hosts in place of `connection`, of which one is chosen when the guest is first made, and kept.\nChanged: nothing; a host that the guest is on cannot be removed from the list.",
        default: "none: `connection`",
        docs: {
            unit: "`{ connection, name, weight }`",
            default: "none",
            about: "in place of `connection`: one is chosen at the first create and kept, [below](#hosts)",
        },
        compared: "never",
    },
    sshTarget: {
        // No part may begin with a hyphen: ssh would take it as an option.
        shape: z
            .string()
            .regex(
                /^([A-Za-z0-9_.][A-Za-z0-9_.-]*@)?([A-Za-z0-9_.][A-Za-z0-9_.-]*|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$/,
                "expected [user@]host[:port]",
            )
            .optional(),
        description:
            "Xen: `[user@]host[:port]` of dom0, where `connection` goes by tcp or tls and the guest (rumprun) is told its\nconfiguration through xenstore. Changed: no interruption.",
        default: "by ssh, where `connection` goes by ssh",
        docs: {
            unit: "`[user@]host[:port]`",
            default: "as `connection`, where that goes by ssh",
            about: "Xen: the ssh way to dom0, where `connection` reaches only its libvirt: [xen](xen.md)",
        },
    },
    name: {
        shape: z
            .string()
            .regex(NAME_PATTERN, "expected 1–63 of A-Z a-z 0-9 _ . -")
            .refine((text) => !/^\.{1,2}$/.test(text), "expected a name that is not a folder")
            .optional(),
        description: "Name on the host: 1–63 of `A-Z a-z 0-9 _ . -`. Changed: replaced.",
        default: 'the logical name, "-", and 7 hexadecimal digits of the URN\'s hash',
        docs: {
            unit: "1–63 of `A-Z a-z 0-9 _ . -`",
            default: "logical name, `-`, 7 digits of the URN's hash",
            about: "the domain's name",
        },
        imported: true,
    },
    description: {
        // Only characters that XML can hold and that a parser returns unchanged.
        shape: z
            .string()
            .min(1, "expected text")
            .max(4096, "expected at most 4096 characters")
            .regex(/^[^\0-\x08\x0b-\x1f\x7f\p{Cs}\ufffe\uffff]*$/u, "expected text without control characters")
            .optional(),
        description: "Text for people, kept in the domain's `<description>`. Changed: live.",
        default: "not managed: what others wrote there stays",
        docs: {
            unit: "text of at most 4096 characters",
            default: "not managed",
            about: "the domain's `<description>` (`virsh desc`); left out, what others wrote there stays",
        },
        drifts: true,
    },
} satisfies Rows;
