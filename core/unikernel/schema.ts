import { isIP } from "node:net";
import { z } from "zod";
import { derivedOutputs } from "../../spec";
import { secretPlaces } from "../arguments";
import { NAME_PATTERN } from "../identity";
import { interfaceShape } from "../networkInterface/schema";

const path = z
    .string({ error: "expected the path of a file" })
    .min(1, "expected the path of a file")
    .refine(noNul, "a path cannot hold a NUL character");

/** A whole number with its unit, said in full when it is anything else. */
function whole(unit: string, least: number, most: number) {
    const expected = `expected a whole number of ${unit} from ${least} to ${most}`;
    return z.int({ error: expected }).min(least, expected).max(most, expected);
}

const port = z
    .int({ error: "expected a port from 1 to 65535" })
    .min(1, "expected a port from 1 to 65535")
    .max(65535, "expected a port from 1 to 65535");

/** What a C string cannot carry, no kernel can. */
function noNul(text: string): boolean {
    return !text.includes("\0");
}
const guestText = z.string({ error: "expected text" }).refine(noNul, "cannot hold a NUL character");

const block = z
    .strictObject({
        /** Of a BlockImage its logical name, where the program gives none. */
        name: z
            .string()
            .min(1, "expected a name")
            .max(200, "expected at most 200 characters")
            .regex(/^[^\0-\x1f\x7f]*$/, "expected a name without control characters")
            .optional(),
        // A BlockImage arrives as these; a person writes `image` or `path`.
        image: z.string().optional(),
        formerly: z.array(z.string()).optional(),
        digest: z.string().optional(),
        output: z.string().optional(),
        secret: z.literal(true).optional(),
        format: z.enum(["iso9660", "ext2", "ext4", "raw", "qcow2"]).optional(),
        path: path.optional(),
        mount: z
            .string()
            .regex(/^\/[^\0]*$/, "expected an absolute path inside the guest")
            .optional(),
        access: z.enum(["read", "scratch", "persist"]).default("read"),
        reseed: z
            .string()
            .min(1, "expected a text, such as a date")
            .max(200, "expected at most 200 characters")
            .optional(),
    })
    .refine(({ digest, path: file }) => (digest === undefined) !== (file === undefined), {
        // `pulumi up --continue-on-error` asks on after a failure, without what the failed resource would have given.
        error: ({ input }) =>
            Object(input).name && !Object(input).path
                ? "its data image was not built"
                : "expected exactly one of image and path",
    });

const card = z.strictObject({ ...interfaceShape, mac: interfaceShape.mac.unwrap() });

const readiness = z
    .strictObject({
        http: z
            .strictObject({
                port,
                path: z
                    .string()
                    .regex(/^\/[^\s]*$/, "expected a path that begins with a slash")
                    .default("/"),
            })
            .optional(),
        tcp: z.strictObject({ port }).optional(),
        console: z
            .string()
            .min(1, "expected a regular expression")
            .refine(isPattern, "is not a regular expression")
            .optional(),
        timeout: whole("seconds", 1, 3600).default(60),
    })
    .refine(
        ({ http, tcp, console: pattern }) => [http, tcp, pattern].filter((kind) => kind !== undefined).length === 1,
        "expected exactly one of http, tcp and console",
    );

function isPattern(text: string): boolean {
    try {
        return Boolean(new RegExp(text));
    } catch {
        return false;
    }
}

/** Every argument of a unikernel, its form and default; what depends on other arguments or files is check's. */
export const unikernelShape = {
    platform: z.enum(["kvm", "xen", "iso"]),
    connection: z
        .string()
        .regex(/^[a-z][a-z0-9+.-]*:\/\/\S*$/i, "expected a libvirt URI, such as qemu:///system")
        .optional(),
    // Not an option of ssh's.
    sshTarget: z
        .string()
        .regex(
            /^([A-Za-z0-9_.][A-Za-z0-9_.-]*@)?([A-Za-z0-9_.][A-Za-z0-9_.-]*|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$/,
            "expected [user@]host[:port]",
        )
        .optional(),
    name: z
        .string()
        .regex(NAME_PATTERN, "expected 1–63 of A-Z a-z 0-9 _ . -")
        .refine((text) => !/^\.{1,2}$/.test(text), "expected a name that is not a folder")
        .optional(),
    kernel: path,
    initrd: path.optional(),
    guest: z.string().optional(),
    args: z.array(guestText).default([]),
    env: z.record(z.string().regex(/^[^=\0]+$/, "a name cannot be empty or hold = or NUL"), guestText).default({}),
    /** Linux: HOST_NAME_MAX is 64; letters as RFC 1123 has them. */
    hostname: z
        .string()
        .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$/, "expected 1–64 letters, digits, dots and hyphens")
        .optional(),
    memory: whole("MiB", 1, 16_777_216).optional(),
    maxMemory: whole("MiB", 1, 16_777_216).optional(),
    vcpus: whole("processors", 1, 255).default(1),
    blocks: z.array(block).default([]),
    interfaces: z.array(card).default([]),
    accelerator: z.enum(["auto", "kvm", "tcg"]).default("auto"),
    state: z.enum(["running", "paused", "stopped"]).default("running"),
    onCrash: z.enum(["destroy", "restart", "preserve"]).default("destroy"),
    autostart: z.boolean().default(false),
    readiness: readiness.optional(),
    shutdownTimeout: whole("seconds", 0, 3600).default(30),
    gdb: z
        .strictObject({
            port,
            address: z
                .string()
                .refine((text) => isIP(text) === 4, "expected an IPv4 address of the host")
                .default("127.0.0.1"),
        })
        .optional(),
    qemuArgs: z.array(guestText).optional(),
    adopt: z.boolean().default(false),
    deleteData: z.boolean().default(false),
    keepLast: whole("former files", 0, 100).default(1),
    output: path.optional(),
    /** ECMA-119 8.4.7: a volume identifier has 32 characters. */
    label: z
        .string()
        .regex(/^[A-Za-z0-9_.-]{1,32}$/, "expected 1–32 of A-Z a-z 0-9 _ . -")
        .optional(),
    console: z
        .array(z.enum(["serial", "vga"]))
        .min(1, "expected at least one of serial and vga")
        .refine((kinds) => new Set(kinds).size === kinds.length, "expected each console once")
        .optional(),
    burn: z
        .strictObject({
            device: z
                .string()
                .regex(/^\/[^\0]*$/, "expected the absolute path of a device, such as /dev/disk/by-id/usb-…"),
            serial: z.string().min(1, "expected the serial number of the device").optional(),
            allowFixed: z.boolean().default(false),
        })
        .optional(),
    // From the constructor:
    resourceUrn: z.string(),
    secrets: z.array(z.string()).default([]),
    digestKey: z.string().optional(),
    hidden: z.array(z.string()).optional(),
    ...secretPlaces(derivedOutputs.unikernel),
    allowQemuArgs: z.boolean().optional(),
};

/** Lists whose elements are checked one by one, so that one unknown hides no other's problem. */
export const unikernelElements = { blocks: block, interfaces: card };
