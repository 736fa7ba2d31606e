import { basename, dirname } from "node:path";

import { UnikernelError } from "../../../../model";
import type { GuestRef } from "../../../backend";
import type { Host } from "../../host";
import { overlaid } from "../apply/reconcile";
import type { Existing } from "../existing";
import { folderOf } from "./records";

/** Objects that other programs made of a guest. They are removed with the guest, and may hold data without a copy. */
export interface ForeignData {
    snapshots: string[];
    checkpoints: string[];
    /** Absolute path of a file that the guest uses instead of a persist disk. */
    overlay?: string;
    /** Names of files in the guest's folder that its definitions use as disks. */
    files: string[];
}

export async function findForeignData(
    host: Host,
    { uuid }: Pick<GuestRef, "uuid">,
    existing: Omit<Existing, "files">,
): Promise<ForeignData> {
    if (!existing.record) return { snapshots: [], checkpoints: [], files: [] };
    const { history } = existing.record;
    const [{ snapshots, checkpoints }, folder] = await Promise.all([
        history ?? host.domains.history(uuid),
        folderOf(host, uuid),
    ]);
    const paths = [existing.facts, existing.liveFacts].flatMap((facts) => facts?.disks.map(({ path }) => path) ?? []);
    return {
        snapshots,
        checkpoints,
        overlay: overlaid(existing)?.path,
        files: paths.filter((path) => dirname(path) === folder).map((path) => basename(path)),
    };
}

/** Refuse a deletion that would remove data that this package did not make. */
export function refuseForeignData(name: string, { snapshots, checkpoints, overlay }: ForeignData): void {
    const found = [
        ...snapshots.map((one) => `snapshot ${one}`),
        ...checkpoints.map((one) => `checkpoint ${one}`),
        ...(overlay === undefined ? [] : [`the overlay ${overlay}`]),
    ];
    if (found.length === 0) return;
    throw new UnikernelError(
        "in-use",
        `${name} has ${found.join(", ")}, which this package did not make and which would be removed with the guest`,
        {
            hint: [
                ...(overlay === undefined
                    ? []
                    : [
                          `virsh blockcommit ${name} TARGET --active --pivot --wait merges the overlay (virsh domblklist ${name} shows TARGET)`,
                      ]),
                ...(snapshots.length
                    ? [`virsh snapshot-delete ${name} ${snapshots[0]} --metadata forgets a snapshot`]
                    : []),
                ...(checkpoints.length
                    ? [`virsh checkpoint-delete ${name} ${checkpoints[0]} removes a checkpoint`]
                    : []),
                "set deleteData: true and run pulumi up to delete all of it with the guest",
            ].join("; "),
        },
    );
}
