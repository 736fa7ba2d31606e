import { isIP } from "node:net";
import { z } from "zod";
import { cidrProblem } from "./address";

const port = z
    .int({ error: "expected a port from 1 to 65535" })
    .min(1, "expected a port from 1 to 65535")
    .max(65535, "expected a port from 1 to 65535");

/** Linux: IFNAMSIZ is 16 with its NUL (linux/if.h); a slash or blank is refused by dev_valid_name. */
const device = z
    .string({ error: "expected the name of a device" })
    .regex(
        /^(?!\.{1,2}$)[^\s/:]{1,15}$/,
        "expected a device name of 1–15 characters, without blanks, slashes and colons",
    );

const forward = z.strictObject({
    host: port.optional(),
    guest: port,
    address: z
        .string()
        .refine((text) => isIP(text) === 4, "expected an IPv4 address of the host")
        .default("127.0.0.1"),
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

const macText = z
    .string({ error: "expected six bytes in hexadecimal with colons" })
    .regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i, "expected six bytes in hexadecimal with colons")
    .transform((text) => text.toLowerCase())
    .refine(
        (text) => (parseInt(text.slice(0, 2), 16) & 1) === 0,
        "expected a unicast address: the lowest bit of the first byte is 0",
    )
    .refine((text) => text !== "00:00:00:00:00:00", "expected an address that is not all zeros");

function cidr(family: 4 | 6) {
    return z.strictObject({ address: z.string(), gateway: z.string().optional() }).check((context) => {
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

const reserve = z.strictObject({
    reserve: z.string().refine((text) => isIP(text) === 4, "expected an IPv4 address, without a prefix length"),
});

/** What an interface says, in its own arguments and as a unikernel gets it. */
export const interfaceShape = {
    attach: attach.default({ user: { forward: [] } }),
    mac: macText.optional(),
    driver: z
        .string()
        .regex(/^[a-z][a-z0-9_]{0,14}$/, "expected a driver's base name, such as vioif")
        .optional(),
    ipv4: z
        .union([z.literal("dhcp"), reserve, cidr(4)], {
            error: 'expected "dhcp", { address, gateway } or { reserve }',
        })
        .optional(),
    ipv6: cidr(6).optional(),
};
