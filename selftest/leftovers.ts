import { rm } from "node:fs/promises";

import type { Host } from "../backends";
import { forgetNote, leftNotes, type Note } from "./notes";
import type { StepOutcome } from "./steps/step";
import { abandoned, removeTraces } from "./traces";

/** Remove what killed runs left on this host: this user's by their notes, those of other users by age and mark. */
export async function removeLeftovers(host: Host, connection: string): Promise<StepOutcome> {
    let removed = 0;
    const elsewhere: string[] = [];
    for (const [run, note] of await leftNotes()) {
        if (note.connection !== connection || note.base !== process.env.PULUMI_UNIKERNEL_DIR) {
            elsewhere.push(whereOf(note));
            continue;
        }
        for (const guest of note.guests) await removeTraces(host, guest);
        await rm(note.scratch, { recursive: true, force: true });
        await forgetNote(run);
        removed++;
    }
    for (const guest of await abandoned(host)) {
        await removeTraces(host, guest);
        removed++;
    }
    const other =
        elsewhere.length === 0
            ? ""
            : `; another killed run left something on ${elsewhere.join(", ")}: a selftest there removes it`;
    return {
        found: `${removed === 0 ? "an earlier run left nothing" : `removed what ${removed} earlier run${removed === 1 ? "" : "s"} left`}${other}`,
    };
}

function whereOf({ connection, base }: Note): string {
    return base === undefined ? connection : `${connection} (PULUMI_UNIKERNEL_DIR=${base})`;
}
