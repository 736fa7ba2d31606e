import { z } from "zod";
import { HOST_PLATFORMS, UUID_PATTERN } from "../../model";
import { CONNECTION_PATTERN, EXPECTED_CONNECTION } from "../../model/arguments";

const uri = z.string().regex(CONNECTION_PATTERN, EXPECTED_CONNECTION);
const uuid = z.string().regex(UUID_PATTERN, "expected a uuid, such as 6f1c2a4e-0b7d-4f0e-9a52-6d8f6f0f3c11");
const domain = z
    .string({ error: "expected the name of a domain" })
    .min(1, "expected the name of a domain")
    .refine((text) => !/[/\0]/.test(text), "a domain's name holds neither a slash nor a NUL");
const lines = "expected a whole number of lines from 1 to 10000";

const connection = uri
    .optional()
    .describe(
        "libvirt URI of the host. Default: the provider's, else the environment's, else qemu:///system for root and qemu:///session for everybody else.",
    );
const name = domain.optional().describe("The domain's name on that host.");
const id = z
    .string({ error: "expected an id" })
    .min(1, "expected a domain's uuid, or CONNECTION#NAME")
    .optional()
    .describe(
        "A unikernel's id: its domain's uuid, or CONNECTION#NAME, such as qemu:///system#web. In place of uuid and name.",
    );
const byUuid = uuid.optional().describe("The domain's uuid: what a Unikernel has as its id.");

/** A function: its arguments and results as zod schemas with descriptions. An optional result may be missing. */
export interface FunctionShape {
    description: string;
    inputs: Record<string, z.ZodType>;
    outputs: Record<string, z.ZodType>;
}

export const functionShapes = {
    getUnikernel: {
        description: "Looks at one guest on a host, whoever made it, and says what is there now. Changes nothing.",
        inputs: { id, uuid: byUuid, name, connection },
        outputs: {
            uuid: z.string().describe("The domain's uuid."),
            name: z.string().describe("The domain's name."),
            connection: z.string().describe("libvirt URI of the host that was asked."),
            platform: z.enum(HOST_PLATFORMS).describe("What runs it: QEMU (with KVM or without) or Xen."),
            state: z
                .enum(["running", "paused", "stopped", "saved"])
                .describe(
                    "What the guest does now. One that crashed or ended by itself is stopped; saved is one that is off and whose memory the host keeps.",
                ),
            memory: z.int().describe("MiB that the guest has."),
            vcpus: z.int().describe("Virtual processors."),
            interfaces: z
                .array(
                    z.strictObject({
                        mac: z.string().describe("Lower case, colon separated."),
                        kind: z
                            .enum(["user", "network", "bridge", "tap", "other"])
                            .describe("What it is plugged into."),
                        source: z.string().optional().describe("Name of the network, bridge or tap device."),
                    }),
                )
                .describe("In the guest's order."),
            ipAddresses: z
                .array(z.string())
                .describe(
                    "One for each interface, as the host knows it by a forward or a lease; else empty. A static address stands in the declaration alone.",
                ),
            consoleLog: z.string().describe("Path of the console's log on the host; empty where nobody keeps one."),
            consoleCommand: z.string().describe("The command that opens the console."),
            ours: z.boolean().describe("Whether it carries the mark of a Unikernel, of whatever stack."),
            urn: z.string().optional().describe("URN of the Unikernel that made it. Left out: it is nobody's."),
        },
    },
    getHost: {
        description:
            "Says what a libvirt host is and has. Starts nothing, but for one probe guest of a moment where nobody has asked yet which accelerators work.",
        inputs: { connection },
        outputs: {
            connection: z.string().describe("libvirt URI that was asked."),
            uuid: z.string().describe("The host's own uuid; of a user's session with /session behind it."),
            hostname: z.string().describe("The host's name for itself."),
            platforms: z
                .array(z.enum(HOST_PLATFORMS))
                .describe("Values of a Unikernel's platform that this host runs."),
            accelerators: z
                .array(z.enum(["kvm", "tcg"]))
                .describe(
                    "Those under which a probe guest boots, best first: accelerator auto takes the first one. Empty on Xen.",
                ),
            memory: z
                .strictObject({
                    total: z
                        .int()
                        .describe("MiB that the host has now, memory that was plugged in after its boot included."),
                    free: z.int().describe("MiB that nobody has; what the host's cache would give back is not in it."),
                })
                .describe("The host's memory."),
            processors: z.int().describe("Processors that are online."),
            networks: z
                .array(
                    z.strictObject({
                        name: z.string().describe("As an interface's attach names it."),
                        active: z.boolean().describe("Whether guests can be plugged in."),
                    }),
                )
                .describe("libvirt networks, by name."),
            libvirtVersion: z.string().describe("Version of the libvirt that was asked, such as 9.0.0."),
            hypervisorVersion: z.string().describe("Version of QEMU, on a Xen host of Xen."),
        },
    },
    console: {
        description:
            "Returns the end of what a guest has printed since its last start. That is the guest's own text: a secret that it prints is in it.",
        inputs: {
            id,
            uuid: byUuid,
            name,
            connection,
            lines: z
                .int({ error: lines })
                .min(1, lines)
                .max(10_000, lines)
                .default(40)
                .describe("How many lines at most, from the end."),
        },
        outputs: {
            text: z
                .string()
                .describe(
                    "The lines, oldest first, each but the last with a newline behind it. Empty: the guest has printed nothing, or nobody keeps it.",
                ),
        },
    },
} satisfies Record<string, FunctionShape>;

export type FunctionName = keyof typeof functionShapes;
