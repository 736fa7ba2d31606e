import type { Leftover, Verdict } from "../../core/commands";
import { printable } from "../../model";

/** A leftover and the result of its removal. */
export interface Swept {
    leftover: Leftover;
    removed?: boolean;
    /** Paths that stay: data, and files of other owners. */
    stays?: string[];
    error?: string;
}

export interface Report {
    connection: string;
    foldersSeen: boolean;
    /** PROJECT/STACK of each given state. */
    states: string[];
    swept: Swept[];
    yes: boolean;
    json: boolean;
}

const WHY: Record<Verdict, string> = {
    left: "left by an interrupted create",
    busy: "a create may be working on it; not removed",
    kept: "complete, and not in the given state; a renamed stack may have it; not removed",
    unknown: "unknown: it belongs to a stack whose state was not given; not removed",
};

/** Render the lines for a terminal, or the document of `--json`. */
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
            "  folders without a domain were not searched: libvirt keeps guests' files as storage volumes here, and another storage pool has their folder",
        );
    if (!yes && swept.some(({ leftover: { verdict } }) => verdict === "left"))
        lines.push("Nothing was removed; --yes removes what a create left.");
    if (swept.some(({ leftover: { verdict } }) => verdict === "unknown"))
        lines.push("--state FILE (pulumi stack export > FILE) shows which of them a stack has.");
    return printable(lines.join("\n"));
}
