import { isIP } from "node:net";
import { z } from "zod";
import { canonicalAddress } from "../addresses";
import { cidrProblem } from "./address";
import { CONNECTION_PATTERN, EXPECTED_CONNECTION, NAME_PATTERN, whole } from "./forms";
import { device, mac } from "./networkInterface";
import { privateRows } from "./private";
import type { Rows } from "./row";

/** RFC 1123, section 2.1: letters, digits and hyphens, at most 63 in a label and 253 in all. */
const LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const DNS_NAME = new RegExp(`^(?=.{1,253}$)${LABEL}(\\.${LABEL})*$`);
const EXPECTED_NAME =
    "expected a DNS name: labels of 1–63 letters, digits and inner hyphens, joined by dots, 253 characters in all";

const dnsName = z
    .string({ error: EXPECTED_NAME })
    .regex(DNS_NAME, EXPECTED_NAME)
    .refine((text) => !/^[\d.]+$/.test(text), "expected a DNS name, which is not of digits alone")
    .transform((text) => text.toLowerCase());

const address = z
    .string({ error: "expected an IPv4 or IPv6 address" })
    .refine((text) => isIP(text) !== 0 && !text.includes("%"), "expected an IPv4 or IPv6 address")
    .transform(canonicalAddress);

function subnet(family: 4 | 6) {
    const example = family === 4 ? '{ address: "10.20.0.1/24" }' : '{ address: "fd00:20::1/64" }';
    const inner = address.refine((text) => isIP(text) === family, `expected an IPv${family} address`);
    return z.strictObject(
        {
            address: z
                .string({ error: `expected the host's address in the network: ${example}` })
                .check((context) => {
                    const problem = cidrProblem({ address: context.value }, family);
                    if (problem) context.issues.push({ code: "custom", message: problem.reason, input: context.value });
                })
                .transform((text) => {
                    const [ip = "", prefix] = text.split("/");
                    return isIP(ip) === 0 ? text : `${canonicalAddress(ip)}/${Number(prefix)}`;
                }),
            dhcp: z
                .strictObject(
                    { start: inner, end: inner },
                    { error: "expected the first and last address: { start, end }" },
                )
                .optional(),
        },
        { error: `expected ${example}, and with DHCP: dhcp: { start, end }` },
    );
}

/** The arguments of a Network. */
export const networkRows = {
    connection: {
        shape: z.string().regex(CONNECTION_PATTERN, EXPECTED_CONNECTION).optional(),
        description:
            "libvirt URI of the host: `qemu:///system`, `qemu+ssh://host/system`, `xen:///system`. A session has no networks.\nChanged: replaced when it leads to another host; else nothing but the way there.",
        default: 'as a Unikernel on KVM; as root "qemu:///system"',
        docs: {
            unit: "libvirt URI; not a session",
            default: "as a Unikernel on KVM",
            about: "replaced when it leads to another host",
        },
        compared: "own",
    },
    name: {
        shape: z.string().regex(NAME_PATTERN, "expected 1–63 of A-Z a-z 0-9 _ . -").optional(),
        description: "Name on the host: 1–63 of `A-Z a-z 0-9 _ . -`. Changed: replaced.",
        default: 'the logical name, "-", and 7 hexadecimal digits of the URN\'s hash',
        docs: {
            unit: "1–63 of `A-Z a-z 0-9 _ . -`",
            default: "logical name, `-`, 7 digits of the URN's hash",
            about: "replaced",
        },
    },
    mode: {
        shape: z
            .enum(["nat", "route", "isolated", "bridge"], { error: "expected nat, route, isolated or bridge" })
            .default("nat"),
        description:
            "`nat`: guests reach what the host reaches, by its address. `route`: the host routes for them, by their own\naddresses. `isolated`: they reach each other and the host. `bridge`: they are ports of a bridge that exists.\nChanged: the network restarts.",
        docs: { about: "restart" },
    },
    bridge: {
        shape: device.optional(),
        description:
            '`mode: "bridge"`: the bridge of the host, which exists. Changed: the network restarts.\nOther modes: libvirt makes the bridge, and the output names it.',
        default: "a name that follows from the URN",
        docs: { unit: 'name of a bridge, for `mode: "bridge"` alone', default: "of the URN's hash", about: "restart" },
    },
    ipv4: {
        shape: subnet(4).optional(),
        description:
            "The host's IPv4 address in the network, which is the guests' gateway, and the addresses of DHCP.\nChanged: the network restarts; `dhcp` alone: in place.",
        default: "none",
        docs: {
            unit: '`{ address: "10.20.0.1/24", dhcp: { start: "10.20.0.100", end: "10.20.0.200" } }`',
            about: "restart; `dhcp` alone: live",
        },
    },
    ipv6: {
        shape: subnet(6).optional(),
        description:
            "The host's IPv6 address in the network, which is the guests' gateway, and the addresses of DHCP.\nChanged: the network restarts; `dhcp` alone: in place.",
        default: "none",
        docs: {
            unit: '`{ address: "fd00:20::1/64", dhcp: { start: "fd00:20::100", end: "fd00:20::1ff" } }`',
            about: "restart; `dhcp` alone: live",
        },
    },
    domain: {
        shape: dnsName.optional(),
        description: "DNS domain of the guests. Its names are never asked for outside. Changed: the network restarts.",
        default: "none",
        docs: { unit: "DNS name", about: "restart" },
    },
    forwarders: {
        shape: z
            .array(z.strictObject({ address, domain: dnsName.optional() }, { error: "expected { address, domain }" }), {
                error: "expected a list of { address, domain }",
            })
            .default([]),
        description:
            "DNS servers for the names that the network does not know, or for those of one domain.\nChanged: the network restarts.",
        default: "those of the host",
        docs: {
            unit: '`{ address: "9.9.9.9", domain: "example.org" }`',
            default: "those of the host",
            about: "restart",
        },
    },
    hosts: {
        shape: z
            .array(
                z.strictObject(
                    { name: dnsName, address, mac: mac.optional() },
                    { error: "expected { name, address, mac }" },
                ),
                {
                    error: "expected a list of { name, address, mac }",
                },
            )
            .default([]),
        description:
            "Names in the network's DNS; with a MAC address, DHCP also gives that interface the address (IPv4).\nChanged: in place.",
        docs: {
            unit: '`{ name: "db", address: "10.20.0.10", mac: "52:54:00:12:34:56" }`',
            about: "live",
        },
    },
    mtu: {
        shape: whole("bytes", 576, 65_535).optional(),
        description:
            "Bytes of the largest packet. Changed: the network restarts; guests have it from their next start.",
        default: "the host's own, 1500",
        docs: { unit: "bytes, 576–65535", default: "1500", about: "restart" },
    },
    autostart: {
        shape: z.boolean({ error: "expected true or false" }).default(true),
        description: "The network starts with its host. Changed: in place.",
        docs: { about: "live" },
    },
    adopt: {
        shape: z.boolean({ error: "expected true or false" }).default(false),
        description: "Take over a network of this name that another program or stack made.",
        docs: { about: "nothing" },
        compared: "never",
    },
    resourceUrn: privateRows.resourceUrn,
    hidden: privateRows.hidden,
} satisfies Rows;
