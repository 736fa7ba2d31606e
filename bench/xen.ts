import type { Figure } from "./figure";
import { type Ground, measureFleet } from "./fleet";
import { tableOf } from "./fleetTable";
import type { Place } from "./place";
import { figuresOf, roundTrips } from "./roundTrips";
import type { Table } from "./table";
import { Virsh } from "./virsh";

const GUESTS = 10;
const FOLDER = "/var/lib/pulumi-unikernel";

/**
 * Measure ten PV test guests by xen+ssh, each configured through xenstore; the baseline by virsh writes nothing to
 * xenstore.
 */
export async function xen(
    place: Place,
    { runs = 3 }: { runs?: number },
): Promise<{ figures: Figure[]; tables: Table[] }> {
    const { sshUri } = await place.xenHost();
    return measureXen(place, {
        part: "xen",
        title: `Seconds for ${GUESTS} Xen guests by xen+ssh`,
        uri: sshUri,
        runs,
        limits: { up: 2, change: 1.5, destroy: 1.5, refresh: 1 },
        usual: true,
    });
}

/** Measure it by a URI of the tests' Xen host. */
export async function measureXen(
    place: Place,
    {
        part,
        title,
        uri,
        runs,
        limits,
        usual,
    }: { title: string; uri: string } & Pick<Ground, "part" | "runs" | "limits" | "usual">,
): Promise<{ figures: Figure[]; tables: Table[] }> {
    const host = await place.xenHost();
    const kernel = await (await import("../tests/guests/xen/build.mjs")).buildXenTestKernel();
    let copies = NaN;
    const figures = await measureFleet(place, {
        part,
        guests: GUESTS,
        runs,
        env: { BENCH_PLATFORM: "xen", BENCH_CONNECTION: uri, BENCH_KERNEL: kernel },
        // A connection by ssh costs dom0 a second, so virsh is fastest with one for all.
        virsh: new Virsh(uri, 1),
        folder: FOLDER,
        copy: (from, to) => host.run("cp", "-a", from, to),
        limits,
        usual,
        whenUp: async () => {
            // Folders of guests are named by their uuids; those of virsh's copies are not.
            const files = await host.run("sh", "-c", `stat -c %i ${FOLDER}/????????-*/kernel*`);
            if (files.split("\n").length !== GUESTS)
                throw new Error(`there are not ${GUESTS} kernels in ${FOLDER}: ${files}`);
            copies = new Set(files.split("\n")).size;
        },
    });
    place.log(`${part}: round trips of one create`);
    const asked = await roundTrips({ folder: place.folder, uri, platform: "xen", kernel, guests: GUESTS });
    const shared: Figure = {
        part,
        name: `copies of the kernel for ${GUESTS} guests`,
        unit: "",
        ours: copies,
        beside: {},
        measure: "count",
        value: copies,
        limit: 1,
    };
    return {
        figures: [...figures, shared, ...figuresOf(part, GUESTS, asked)],
        tables: [tableOf(title, figures)],
    };
}
