import { z } from "zod";
import type { Rows } from "./row";

const count = z.int().min(0);

/** What a fleet's roll-out is given. */
export const rollOutShape = {
    fleet: z.string(),
    replicas: count,
    canary: z.strictObject({ count, bake: count }),
    maxUnavailable: count.min(1),
    pause: count,
    minReady: count,
    minInService: count.optional(),
};

/** `MemberRollOut`. */
const rollOut = z.strictObject({
    ...rollOutShape,
    idle: z.array(count),
    connections: z.array(z.string()),
    secret: z.boolean().optional(),
});

/** Arguments that the constructors of guests and data images send to the handlers. Programs never write them. */
export const privateRows = {
    resourceUrn: {
        shape: z.string(),
        description: "The resource's URN.",
        compared: "never",
        private: true,
    },
    secrets: {
        shape: z.array(z.string()).default([]),
        description: "Paths of the secret values that the guest or the image gets.",
        compared: "own",
        private: true,
    },
    digestKey: {
        shape: z.string().optional(),
        description: "Key of digests over secrets; empty: there may be secrets, and no key is known.",
        compared: "never",
        private: true,
    },
    kept: {
        shape: z.array(z.string()).optional(),
        description:
            "Arguments whose values come from state, by `ignoreChanges`: an absent file of them is not read. `*`: no content is read again.",
        compared: "never",
        private: true,
    },
    hidden: {
        shape: z.array(z.string()).optional(),
        description: "Paths of all other secret values.",
        compared: "never",
        private: true,
    },
} satisfies Rows;

/** Arguments that only the constructor of a guest sends. */
export const unikernelPrivateRows = {
    allowQemuArgs: {
        shape: z.boolean().optional(),
        description: "Whether this stack may give QEMU arguments of its own.",
        compared: "never",
        private: true,
    },
    rollOut: {
        shape: rollOut.optional(),
        description: "How the fleet that the guest is a member of rolls out a change.",
        compared: "never",
        private: true,
    },
} satisfies Rows;
