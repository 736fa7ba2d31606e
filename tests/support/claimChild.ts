import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createBackends } from "../../backends";
import { closeHosts, openHost } from "../../backends/libvirt";
import { VolumeFiles } from "../../backends/libvirt/files";
import { watch } from "./faults";
import { type PlanOptions, testContext, testPlan } from "./plans";

/**
 * Creates that run one after the other. Each stops before one of its changes, counted from 0, until the test lets it
 * continue. `signs`: a folder where it writes `reached-N` and `ended-N` and waits for `go-N`. `volumes`: the folder of
 * all guests, for files by storage volumes.
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
        // Renamed into place: the test reads the file as soon as it exists.
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
