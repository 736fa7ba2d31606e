import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createBackends } from "../../backends";
import { closeHosts, openHost } from "../../backends/libvirt";
import { VolumeFiles } from "../../backends/libvirt/files";
import { watch } from "./faults";
import { type PlanOptions, testContext, testPlan } from "./plans";

/**
 * Creates, one after the other, each of which stops before one of its changes, counted from 0, until it is let go on. `signs`: a folder
 * for `reached-N` and `ended-N`, which it makes, and `go-N`, for which it waits. `volumes`: the folder of all guests, for files by storage volumes.
 */
export interface ClaimJob {
    jobs: { guest: PlanOptions; change: number }[];
    signs: string;
    volumes?: string;
}

async function main({ jobs, signs, volumes }: ClaimJob): Promise<void> {
    for (const { change, guest } of jobs) {
        let count = 0;
        const opened = await openHost(guest.connection);
        const host = watch(
            volumes === undefined ? opened : { ...opened, files: new VolumeFiles(guest.connection, volumes) },
            async (_name, call) => {
                if (count++ === change) {
                    writeFileSync(join(signs, `reached-${change}`), "");
                    while (!existsSync(join(signs, `go-${change}`))) await new Promise((go) => setTimeout(go, 20));
                }
                return call();
            },
        );
        const ended = await createBackends(async () => host)
            .kvm!.create(await testPlan(guest), testContext())
            .then(
                ({ state }) => ({ state }),
                (error: unknown) => ({ error: String(error) }),
            );
        // Whole or not at all: who waits for it reads it at once.
        writeFileSync(join(signs, `part-${change}`), JSON.stringify(ended));
        renameSync(join(signs, `part-${change}`), join(signs, `ended-${change}`));
    }
    await closeHosts();
}

main(JSON.parse(process.argv[2]!) as ClaimJob).then(
    () => process.exit(0),
    (error: unknown) => {
        process.stderr.write(String(error));
        process.exit(1);
    },
);
