import { z } from "zod";
import { guestText, hostAddress, port, whole } from "./forms";
import { readiness } from "./readiness";
import type { Rows } from "./row";

/** The arguments that set a guest's state, and how it is watched, shut down and debugged. */
export const lifecycleRows = {
    state: {
        shape: z.enum(["running", "paused", "stopped"]).default("running"),
        description:
            "What the guest should be doing. `paused` starts it stopped before its first instruction. Changed: live.",
        docs: { about: "`paused` starts it paused, before its first instruction" },
        drifts: true,
        stored: "always",
        imported: true,
    },
    onCrash: {
        shape: z.enum(["destroy", "restart", "preserve"]).default("destroy"),
        description:
            "What the host does with a guest that crashed: `preserve` keeps it for a debugger. Changed: live; to or from `restart`, restart.",
        docs: { about: "the host's action when the guest crashes" },
        drifts: true,
        imported: true,
    },
    autostart: {
        shape: z.boolean().default(false),
        description: "Start it with the host. Changed: live.",
        docs: { about: "start it with the host" },
        drifts: true,
        imported: true,
    },
    readiness: {
        shape: readiness.optional(),
        description: "When create and update end. Changed: live.",
        default: "none: they end when the domain runs",
        docs: {
            unit: "`{ http: { port, path, status, body, host } \\| tcp: { port } \\| console, timeout, minReady }`",
            default: "none",
            about: "[when create and update end](#readiness)",
        },
    },
    shutdownTimeout: {
        shape: whole("seconds", 0, 3600).default(30),
        description: "Seconds that a guest which hears a power-down gets before it is forced, 0–3600. Changed: live.",
        docs: {
            unit: "seconds, 0–3600",
            about: "the time to shut down before the guest is destroyed, for guests that react to a power-down",
        },
    },
    gdb: {
        shape: z.strictObject({ port, address: hostAddress.default("127.0.0.1") }).optional(),
        description: "QEMU's gdb server. Changed: restart.",
        default: "none",
        docs: {
            unit: "`{ port, address }`",
            default: "none; address 127.0.0.1",
            about: 'QEMU\'s gdb server; with `state: "paused"` it waits for you',
        },
        boots: "value",
        imported: true,
    },
    qemuArgs: {
        shape: z.array(guestText).optional(),
        description:
            "Arguments for QEMU itself, as written. Refused unless `pulumi config set unikernel:allowQemuArgs true`.\nChanged: restart.",
        default: "none",
        docs: {
            unit: "list of text",
            about: "for QEMU itself; refused unless `pulumi config set unikernel:allowQemuArgs true`",
        },
        boots: "value",
        imported: true,
    },
    adopt: {
        shape: z.boolean().default(false),
        description: "Take over an object of the same name or uuid that somebody else made. Changed: nothing.",
        docs: { about: "take over a guest of the same project, stack and name that another user created" },
        compared: "never",
    },
    deleteData: {
        shape: z.boolean().default(false),
        description: "Delete the `persist` disks with the unikernel; else they are left and named. Changed: live.",
        docs: { about: "delete `persist` disks with the unikernel; otherwise they are kept and named" },
    },
    keepLast: {
        shape: whole("former files", 0, 100).default(1),
        description:
            "How many former files of each `persist` disk are kept when it begins again from its image, 0–100; they go with the disk. Changed: live.",
        docs: {
            unit: "0–100",
            about: "how many former files of each `persist` disk are kept when it is reseeded (`blocks[].reseed`)",
        },
    },
} satisfies Rows;
