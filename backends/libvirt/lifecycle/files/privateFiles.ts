import { basename, dirname } from "node:path";

import { roleOf } from "../../fileNames";
import type { Decision } from "../apply/decide";
import type { Existing } from "../existing";
import { notOpened } from "../power/startErrors";
import type { Run } from "../run";
import { type Layout, PRIVATE } from "./layout";

export interface Restart {
    existing: Pick<Existing, "record" | "liveFacts">;
    layout: Layout;
    decision: Pick<Decision, "start" | "stop">;
    /** Complete files in the guest's folder. */
    present: Set<string>;
}

/**
 * Refuse an update that gives a running guest its first private file (mode 0600) on a host where QEMU may not open it:
 * the start would fail after the guest was stopped. A guest that already runs with such a file proves that it works.
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

/**
 * Return the first private file that this run creates and the next boot opens. An existing one may have been given to
 * QEMU's user by hand.
 */
function madePrivate({ initrd, disks, puts }: Layout, present: Set<string>): string | undefined {
    const made = puts.filter(({ name, mode }) => mode === PRIVATE && !present.has(name)).map(({ name }) => name);
    return [initrd, ...disks].find((name) => name !== undefined && (made.includes(name) || roleOf(name) === "scratch"));
}

/** Return whether a file is a private one that the guest writes, independent of its image's mode. */
function isWritten(name: string): boolean {
    return ["persist", "scratch"].includes(roleOf(name) ?? "");
}
