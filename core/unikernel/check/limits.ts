import type { Problem } from "../../../model";
import type { Limits } from "../../configuration";
import { defaultsFor, environmentSettings, limitsOf } from "../../configuration";

type Values = Record<string, unknown>;

/**
 * Return the arguments, completed from the environment, and the limits in force. A provider's limits come before the
 * environment's.
 */
export function withEnvironment({ limits, ...news }: Values): { args: Values; limits: Limits; problems: Problem[] } {
    const { settings, problems } = environmentSettings();
    const given = Object.fromEntries(Object.entries(news).filter(([, value]) => value !== undefined && value !== null));
    const asked = new Set([...Object.keys(given), ...Object.keys(Object(limits)).map((name) => NAMES[name])]);
    const { connection, ...others } = defaultsFor(news.platform, settings);
    return {
        args: { ...others, ...(connection === undefined || given.hosts !== undefined ? {} : { connection }), ...given },
        limits: { ...limitsOf(settings), ...(limits as Limits | undefined) },
        problems: problems.filter(({ property }) => !asked.has(property)),
    };
}

const NAMES: Record<string, string> = { memory: "memoryLimit", vcpus: "vcpuLimit" };

/** Return the arguments that exceed a limit. A medium uses no resources of a host. */
export function limitProblems({ platform, memory, maxMemory, vcpus }: Values, limits: Limits): Problem[] {
    if (platform === "iso") return [];
    const over = (property: string, value: unknown, limit: number | undefined, unit: string): Problem[] =>
        typeof value === "number" && limit !== undefined && value > limit
            ? [{ property, reason: `${value} ${unit} are more than the ${limit} that this provider allows a guest` }]
            : [];
    return [
        ...over("memory", memory, limits.memory, "MiB"),
        ...over("maxMemory", maxMemory, limits.memory, "MiB"),
        ...over("vcpus", vcpus, limits.vcpus, "processors"),
    ];
}
