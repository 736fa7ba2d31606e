import type { PropertyChange } from "../../../core";
import { isUnknown } from "../../../core";

/** Properties whose values are shown, with their unit. All others are lists, files, or long. */
const VALUES: Record<string, string> = { memory: " MiB", maxMemory: " MiB", vcpus: "", state: "" };

/**
 * Add values to check's sentence: `restart: memory, args` → `restart: memory 64 → 96 MiB, args`.
 * @param secrets names of properties whose values must not be shown
 */
export function withValues(sentence: string, changes: PropertyChange[], secrets: string[] = []): string {
    return changes
        .filter(
            ({ property, from, to }) =>
                property in VALUES && !secrets.includes(property) && isShown(from) && isShown(to),
        )
        .reduce(
            (text, { property, from, to }) =>
                text.replace(
                    // Match a whole name of the list, not the end of a file name.
                    new RegExp(`(?<=[:,] )${property}(?=, | and \\d+ more|;|$)`),
                    () => `${property} ${String(from)} → ${String(to)}${VALUES[property]}`,
                ),
            sentence,
        );
}

function isShown(value: unknown): boolean {
    return (typeof value === "number" || typeof value === "string") && !isUnknown(value);
}
