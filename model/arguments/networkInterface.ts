import { isIP } from "node:net";
import { z } from "zod";
import { isDnsLabel } from "../network";
import { nameOfNotMade, notMadeReason } from "../notMade";
import { cidrProblem } from "./address";
import { hostAddress, port } from "./forms";
import { type Rows, shapesOf } from "./row";

/** Linux: IFNAMSIZ is 16 with its NUL (linux/if.h); dev_valid_name refuses a slash, a colon and blanks. */
export const device = z
    .string({ error: "expected the name of a device" })
    .regex(
        /^(?!\.{1,2}$)[^\s/:]{1,15}$/,
        "expected a device name of 1–15 characters, without blanks, slashes and colons",
    );

const forward = z.strictObject({
    host: port.optional(),
    guest: port,
    address: hostAddress.default("127.0.0.1"),
    protocol: z.enum(["tcp", "udp"]).default("tcp"),
});

const attach = z
    .strictObject(
        {
            user: z.strictObject({ forward: z.array(forward).default([]) }).optional(),
            network: z.string().min(1, "expected the name of a libvirt network").optional(),
            bridge: device.optional(),
            tap: device.optional(),
        },
        { error: "expected one of { user }, { network }, { bridge }, { tap }" },
    )
    .refine(
        (kinds) => Object.values(kinds).filter((kind) => kind !== undefined).length === 1,
        "expected exactly one of user, network, bridge and tap",
    );

export const mac = z
    .string({ error: "expected six bytes in hexadecimal with colons" })
    .regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i, {
        error: ({ input }) => {
            const name = nameOfNotMade(input);
            return name === undefined
                ? "expected six bytes in hexadecimal with colons"
                : notMadeReason("network interface", name);
        },
    })
    .transform((text) => text.toLowerCase())
    .refine(
        (text) => (parseInt(text.slice(0, 2), 16) & 1) === 0,
        "expected a unicast address: the lowest bit of the first byte is 0",
    )
    .refine((text) => text !== "00:00:00:00:00:00", "expected an address that is not all zeros");

const dnsLabel = z
    .string({ error: "expected a DNS label, such as web-3" })
    .refine(
        isDnsLabel,
        "expected a DNS label: 1–63 of a-z, 0-9 and -, a letter first; the network's domain is added to it",
    );

function cidr(family: 4 | 6, error?: z.core.$ZodErrorMap) {
    const shape = { address: z.string(), gateway: z.string().optional(), name: dnsLabel.optional() };
    return z.strictObject(shape, { error }).check((context) => {
        const problem = cidrProblem(context.value, family);
        if (problem)
            context.issues.push({
                code: "custom",
                message: problem.reason,
                path: [problem.property],
                input: context.value,
            });
    });
}

/** The launch tool of rumprun has `inet6,auto`, at which its guests crash. */
function ipv6Error({ input }: { input?: unknown }): string {
    return input === "auto"
        ? 'automatic configuration (-W tag,inet6,auto of the rumprun tool) is not supported: rumprun crashes at it; write { address: "fd00::2/64" }'
        : 'expected a static address: { address: "fd00::2/64", gateway }';
}

const reserve = z.strictObject({
    reserve: z.string().refine((text) => isIP(text) === 4, "expected an IPv4 address, without a prefix length"),
    name: dnsLabel.optional(),
});

/** The arguments of a NetworkInterface, which are also the fields of a unikernel's `interfaces`. */
export const interfaceRows = {
    attach: {
        shape: attach.default({ user: { forward: [] } }),
        description:
            "Where the interface is plugged in.\nChanged: the unikernel restarts, or keeps running where libvirt can move the source.",
        default: "{ user: {} }: QEMU's own network without forwarded ports; on a medium, the machine's own card",
        docs: {
            unit: "exactly one of the four below",
            default: "`{ user: {} }`",
            about: "restart of the unikernel; live between networks and bridges",
        },
    },
    mac: {
        shape: mac.optional(),
        description: "Unicast, six bytes in hexadecimal with colons.\nChanged: the unikernel restarts.",
        default: "52:54:00 (QEMU's prefix) and 24 bits that follow from the interface's URN, and stay with it",
        docs: {
            unit: "unicast, six bytes with colons",
            default: "52:54:00 and 24 bits of the URN's hash, kept in state",
            about: "restart",
        },
    },
    driver: {
        shape: z
            .string()
            .regex(/^[a-z][a-z0-9_]{0,14}$/, "expected a driver's base name, such as vioif")
            .optional(),
        description:
            "Base name of the interface inside the guest: `vioif`, `xenif`, `wm`.\nChanged: the unikernel restarts.",
        default: "what the guest's ABI calls a virtio (Xen: paravirtual) interface",
        docs: {
            unit: "base name inside the guest: `vioif`, `xenif`, `wm`",
            default: "the guest ABI's own",
            about: "restart",
        },
    },
    ipv4: {
        shape: z
            .union([z.literal("dhcp"), reserve, cidr(4)], {
                error: 'expected "dhcp", { address, gateway, name } or { reserve, name }',
            })
            .optional(),
        description:
            "How the guest gets its IPv4 address.\nChanged: the unikernel restarts; a reservation is moved in place.",
        default: '"dhcp", unless `ipv6` is given: then none',
        docs: {
            unit: '`"dhcp"`, `{ address: "10.0.0.2/24", gateway, name: "web-3" }`, `{ reserve: "192.168.122.10", name: "web-3" }`',
            default: '`"dhcp"`; none when only `ipv6` is given',
            about: "restart; live: a removed reservation, one of the address that the guest has, and `name`",
        },
    },
    ipv6: {
        shape: cidr(6, ipv6Error).optional(),
        description: "A static IPv6 address. Changed: the unikernel restarts; `name` changes in place.",
        default: "none",
        docs: { unit: '`{ address: "fd00::2/64", gateway, name: "web-3" }`', about: "restart; live: `name`" },
    },
} satisfies Rows;

export const interfaceShape = shapesOf(interfaceRows);
