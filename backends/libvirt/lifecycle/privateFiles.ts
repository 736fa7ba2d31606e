import { basename, dirname } from "node:path";

import { roleOf } from "../fileNames";
import type { Decision } from "./decide";
import { type Layout, PRIVATE } from "./layout";
import type { Existing } from "./look";
import type { Run } from "./run";
import { notOpened } from "./startErrors";

export interface Restart {
    existing: Pick<Existing, "record" | "liveFacts">;
    layout: Layout;
    decision: Pick<Decision, "start" | "stop">;
    /** Whole files in the guest's folder. */
    present: Set<string>;
}

/**
 * Refuses an update that would give a running guest its first private file (mode 0600) on a host where QEMU may not open it: the start
 * would fail, after the guest was stopped. A guest that already runs with such a file is the proof that it works, and costs no call.
 */
export async function assertOpens(
    { host, platform, plan: { spec } }: Run,
    { existing: { record, liveFacts }, layout, decision, present }: Restart,
): Promise<void> {
    if (!platform.opensPrivateFiles || !record?.active || !liveFacts || !decision.stop || !decision.start) return;
    const file = madePrivate(layout, present);
    if (file === undefined) return;
    const path = await host.files.path(spec.uuid, file);
    const isOwn = (other: string): boolean => dirname(other) === dirname(path);
    if (liveFacts.disks.some((disk) => isOwn(disk.path) && isWritten(basename(disk.path)))) return;
    const kernel = liveFacts.kernel !== undefined && isOwn(liveFacts.kernel) ? basename(liveFacts.kernel) : undefined;
    if (!(await platform.opensPrivateFiles(host, { uuid: spec.uuid, type: liveFacts.type, kernel })))
        throw notOpened(spec, path);
}

/** Return the first file that the next boot opens and this run makes for its owner only. One that is there may have been given to QEMU by hand. */
function madePrivate({ initrd, disks, puts }: Layout, present: Set<string>): string | undefined {
    const made = puts.filter(({ name, mode }) => mode === PRIVATE && !present.has(name)).map(({ name }) => name);
    return [initrd, ...disks].find((name) => name !== undefined && (made.includes(name) || roleOf(name) === "scratch"));
}

/** Private copies, whatever their image's mode is. */
function isWritten(name: string): boolean {
    return ["persist", "scratch"].includes(roleOf(name) ?? "");
}
