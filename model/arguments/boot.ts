import { z } from "zod";
import { guestText, path } from "./forms";
import type { Rows } from "./row";

/** The arguments that decide the boot: files, guest ABI and the configuration that the guest reads at boot. */
export const bootRows = {
    kernel: {
        shape: path,
        description: "Path of the kernel, relative to the program's folder. Compared by content. Changed: restart.",
        docs: { unit: "path", about: "relative to the program's folder; compared by content" },
        boots: "file",
        compared: "own",
        drifts: true,
        imported: true,
    },
    initrd: {
        shape: path.optional(),
        description: "Path of an initial ramdisk. Compared by content. Changed: restart.",
        default: "none",
        docs: { unit: "path", about: "compared by content" },
        boots: "file",
        compared: "own",
        imported: true,
    },
    guest: {
        shape: z.string().optional(),
        description:
            "How the guest takes its configuration: `rumprun`, `linux`, `unikraft`, `solo5`, `raw`. Changed: restart.",
        default: "read off the kernel",
        docs: {
            unit: "`rumprun`, `linux`, `unikraft`, `solo5`, `raw`",
            about: "the guest ABI, by which it gets its configuration: [guests](guests.md)",
        },
        boots: "value",
        imported: true,
    },
    args: {
        shape: z.array(guestText).default([]),
        description: "Arguments of the program inside. Changed: restart.",
        docs: { unit: "list of text", about: "arguments of the program inside" },
        boots: "configuration",
        imported: true,
    },
    env: {
        shape: z
            .record(z.string().regex(/^[^=\0]+$/, "a name cannot be empty or hold = or NUL"), guestText)
            .default({}),
        description:
            "Environment of the program inside. Secrets stay out of command lines and previews. Changed: restart.",
        docs: {
            unit: "name → text",
            about: "its environment; secrets stay secret: [keys of digests](configuration.md#keys-of-digests-over-secrets)",
        },
        boots: "configuration",
        compared: "own",
        imported: true,
    },
    hostname: {
        /** Linux: HOST_NAME_MAX is 64; the letters are those of RFC 1123. */
        shape: z
            .string()
            .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$/, "expected 1–64 letters, digits, dots and hyphens")
            .optional(),
        description: "Changed: restart.",
        default: "the guest's own",
        docs: { unit: "1–64 letters, digits, `.`, `-`" },
        boots: "configuration",
        imported: true,
    },
    mirage: {
        shape: z.boolean().optional(),
        description:
            "Pass the addresses and `hostname` as options of mirage-runtime, which the MirageOS program must define. Changed: restart.",
        default: "false",
        docs: {
            unit: "true, false",
            about: "`solo5` only: it gets its addresses and `hostname` as the options of MirageOS",
        },
        boots: "value",
    },
} satisfies Rows;
