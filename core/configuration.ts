import { z } from "zod";
import type { Problem } from "../model";
import { parseArguments } from "./arguments";
import { unikernelShape } from "./unikernel/schema";

/** Return the shape of an upper limit on a guest's resource. */
function limit(unit: string, most: number) {
    const expected = `expected a whole number of ${unit} from 1 to ${most}`;
    return z.int({ error: expected }).min(1, expected).max(most, expected).optional();
}

/** A provider's configuration: a stack's config (`unikernel:connection`) or the arguments of an explicit provider. */
export const configurationShape = {
    connection: unikernelShape.connection.describe(
        "libvirt URI of the host of guests that name none themselves. Environment: PULUMI_UNIKERNEL_CONNECTION.",
    ),
    accelerator: z
        .enum(["auto", "kvm", "tcg"], { error: "expected auto, kvm or tcg" })
        .optional()
        .describe("Accelerator of guests on kvm that name none themselves. Environment: PULUMI_UNIKERNEL_ACCELERATOR."),
    folder: z
        .string({ error: "expected the absolute path of a folder for boot files" })
        .startsWith("/", "expected the absolute path of a folder for boot files")
        .optional()
        .describe(
            "Absolute path of the folder on the host in which guests' boot files, disks and console logs lie. Environment: PULUMI_UNIKERNEL_DIR.",
        ),
    memoryLimit: limit("MiB", 16_777_216).describe(
        "MiB that one guest may have at most; more is refused by the preview. Environment: PULUMI_UNIKERNEL_MEMORY_LIMIT.",
    ),
    vcpuLimit: limit("processors", 255).describe(
        "Virtual processors that one guest may have at most. Environment: PULUMI_UNIKERNEL_VCPU_LIMIT.",
    ),
    allowQemuArgs: z
        .boolean({ error: "expected true or false" })
        .optional()
        .describe("Allows guests to have qemuArgs."),
};

export type Settings = { [Name in keyof typeof configurationShape]?: z.infer<(typeof configurationShape)[Name]> };
/** Upper limits for one guest. */
export interface Limits {
    memory?: number;
    vcpus?: number;
}

/** The environment variable of each setting. `PULUMI_UNIKERNEL_DIR` is read where files are written. */
const VARIABLES = {
    connection: "PULUMI_UNIKERNEL_CONNECTION",
    accelerator: "PULUMI_UNIKERNEL_ACCELERATOR",
    memoryLimit: "PULUMI_UNIKERNEL_MEMORY_LIMIT",
    vcpuLimit: "PULUMI_UNIKERNEL_VCPU_LIMIT",
} satisfies Partial<Record<keyof Settings, string>>;

/** Check settings. A stack's config holds only text, so numbers and booleans are parsed from it. */
export function parseSettings(given: Record<string, unknown>): { settings: Settings; problems: Problem[] } {
    const typed = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, typedAs(name, value)]));
    const { values, problems } = parseArguments(configurationShape, typed, {}, "provider");
    return { settings: values, problems };
}

/** Return the settings in the environment; an empty variable counts as unset. */
export function environmentSettings(environment: NodeJS.ProcessEnv = process.env): {
    settings: Settings;
    problems: Problem[];
} {
    const said = Object.entries(VARIABLES).filter(([, variable]) => environment[variable]);
    const { settings, problems } = parseSettings(
        Object.fromEntries(said.map(([name, variable]) => [name, environment[variable]])),
    );
    const wrong = new Set(problems.map(({ property }) => property));
    return {
        settings: Object.fromEntries(
            Object.entries(settings).filter(([name, value]) => value !== undefined && !wrong.has(name)),
        ),
        problems: problems.map(({ property, reason }) => ({
            property,
            reason: `${VARIABLES[property as keyof typeof VARIABLES]}: ${reason}`,
        })),
    };
}

/** Return the defaults of the arguments that a guest on this platform leaves out. */
export function defaultsFor(
    platform: unknown,
    { connection, accelerator }: Settings,
): Pick<Settings, "connection" | "accelerator"> {
    return {
        ...(connection === undefined || platform === "iso" ? {} : { connection }),
        ...(accelerator === undefined || platform !== "kvm" ? {} : { accelerator }),
    };
}

export function limitsOf({ memoryLimit, vcpuLimit }: Settings): Limits {
    return {
        ...(memoryLimit === undefined ? {} : { memory: memoryLimit }),
        ...(vcpuLimit === undefined ? {} : { vcpus: vcpuLimit }),
    };
}

function typedAs(name: string, value: unknown): unknown {
    if (typeof value !== "string") return value;
    if ((name === "memoryLimit" || name === "vcpuLimit") && /^\d+$/.test(value)) return Number(value);
    return name === "allowQemuArgs" && (value === "true" || value === "false") ? value === "true" : value;
}
