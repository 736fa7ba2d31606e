import type { PropertyChange } from "../../core";
import { isUnknown } from "../../core";

/** Properties whose values say more than their names, and their unit; all others are lists, files, or long. */
const VALUES: Record<string, string> = { memory: " MiB", maxMemory: " MiB", vcpus: "", state: "" };

/**
 * Check's sentence for a person's eyes: `restart: memory, args` → `restart: memory 64 → 96 MiB, args`.
 * @param secrets names of properties whose values are nobody's to see
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
                    // A whole name of the list, not a file's that ends like it.
                    new RegExp(`(?<=[:,] )${property}(?=, | and \\d+ more|;|$)`),
                    () => `${property} ${String(from)} → ${String(to)}${VALUES[property]}`,
                ),
            sentence,
        );
}

function isShown(value: unknown): boolean {
    return (typeof value === "number" || typeof value === "string") && !isUnknown(value);
}
