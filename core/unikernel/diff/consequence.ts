import type { Consequence } from "../../../backends";
import type { Difference } from "./diff";
import { strongest } from "./diff";

const SHOWN = 5;

/** Return the changed files inside a changed data image, prefixed with its mount; undefined when they are not known. */
export type NameFiles = (difference: Difference) => string[] | undefined;

/**
 * Return the sentence that a preview shows: `restart: args, /etc/nginx/nginx.conf`; while something is unknown,
 * `restart if blocks[0] changes`. The strongest consequence leads, and its properties come first.
 */
export function sentence(found: Difference[], nameFiles: NameFiles = () => undefined): string {
    const known = found.filter(({ unknown }) => !unknown);
    const open = found.filter(({ unknown }) => unknown);
    const parts: string[] = [];
    if (known.length > 0)
        parts.push(
            `${strongest(known)}: ${cut(byStrength(known).flatMap((one) => nameFiles(one) ?? [one.note ?? one.property]))}`,
        );
    if (open.length > 0)
        parts.push(
            `${strongest(open)} if ${cut(open.map(({ property }) => property))} ${open.length > 1 ? "change" : "changes"}`,
        );
    return parts.join("; ");
}

function byStrength(found: Difference[]): Difference[] {
    const top: Consequence = strongest(found);
    return [
        ...found.filter(({ consequence }) => consequence === top),
        ...found.filter(({ consequence }) => consequence !== top),
    ];
}

function cut(names: string[]): string {
    const unique = [...new Set(names)];
    const more = unique.length - SHOWN;
    return `${unique.slice(0, SHOWN).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
