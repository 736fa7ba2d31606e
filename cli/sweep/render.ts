import type { Leftover, Verdict } from "../../core";
import { printable } from "../../spec";

/** What was found, and what became of it. */
export interface Swept {
    leftover: Leftover;
    removed?: boolean;
    /** Paths that stay: data, and what others put there. */
    stays?: string[];
    error?: string;
}

export interface Report {
    connection: string;
    foldersSeen: boolean;
    /** PROJECT/STACK of each state that was given. */
    states: string[];
    swept: Swept[];
    yes: boolean;
    json: boolean;
}

const WHY: Record<Verdict, string> = {
    left: "of a create that was cut short",
    busy: "a create may be at work on it; not removed",
    kept: "whole, and not in the state given; a stack that was renamed may have it; not removed",
    unknown: "unknown: of no stack whose state was given; not removed",
};

/** The lines for a terminal, or the document of `--json`. */
export function renderFound(report: Report): string {
    return report.json ? json(report) : text(report);
}

function json({ connection, foldersSeen, states, swept }: Report): string {
    return JSON.stringify(
        {
            connection,
            states,
            foldersSeen,
            leftovers: swept.map(
                ({
                    leftover: { kind, verdict, what, project, stack, resource, data, thing },
                    removed,
                    stays,
                    error,
                }) => ({
                    kind,
                    verdict,
                    what,
                    project,
                    stack,
                    resource,
                    ...("uuid" in thing ? { uuid: thing.uuid } : thing),
                    data,
                    removed: removed ?? false,
                    stays,
                    error,
                }),
            ),
        },
        null,
        2,
    );
}

function text({ connection, foldersSeen, swept, yes }: Report): string {
    const lines = [`${connection}: ${swept.length === 0 ? "nothing is left" : `${swept.length} found`}`];
    for (const {
        leftover: { verdict, what, project, stack, resource, data },
        removed,
        stays,
        error,
    } of swept) {
        const whose =
            project === undefined ? "" : `, of ${project}/${stack}${resource === undefined ? "" : ` "${resource}"`}`;
        lines.push(`  ${removed ? "removed  " : ""}${what}${whose}`, `      ${WHY[verdict]}`);
        if (error !== undefined) lines.push(`      error: ${error.split("\n").join("\n      ")}`);
        if (data.length > 0 && !removed) lines.push(`      has data of a guest: ${data.join(", ")}`);
        if (stays && stays.length > 0) lines.push(`      stays: ${stays.join(", ")}`);
    }
    if (!foldersSeen)
        lines.push(
            "  folders without a domain were not looked for: guests' files go by libvirt's storage volumes here, and another storage pool has their folder",
        );
    if (!yes && swept.some(({ leftover: { verdict } }) => verdict === "left"))
        lines.push("Nothing was removed; --yes removes what a create left.");
    if (swept.some(({ leftover: { verdict } }) => verdict === "unknown"))
        lines.push("--state FILE (pulumi stack export > FILE) says which of them their stack has.");
    return printable(lines.join("\n"));
}
