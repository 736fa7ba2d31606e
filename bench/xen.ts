import type { Figure } from "./figure";
import { measureFleet } from "./fleet";
import type { Place } from "./place";
import { roundTrips } from "./roundTrips";
import { Virsh } from "./virsh";

const GUESTS = 10;
const FOLDER = "/var/lib/pulumi-unikernel";

/**
 * Measure ten PV test guests by xen+ssh, each configured through xenstore; the baseline by virsh writes nothing to
 * xenstore.
 */
export async function xen(place: Place): Promise<Figure[]> {
    const host = await place.xenHost();
    const kernel = await (await import("../tests/guests/xen/build.mjs")).buildXenTestKernel();
    let copies = NaN;
    const figures = await measureFleet(place, {
        part: "xen",
        guests: GUESTS,
        runs: 3,
        env: { BENCH_PLATFORM: "xen", BENCH_CONNECTION: host.sshUri, BENCH_KERNEL: kernel },
        // A connection by ssh costs dom0 a second, so virsh is fastest with one for all.
        virsh: new Virsh(host.sshUri, 1),
        folder: FOLDER,
        copy: (from, to) => host.run("cp", "-a", from, to),
        limits: { up: 1.2, change: 1.2, destroy: 1.2 },
        whenUp: async () => {
            const files = await host.run("sh", "-c", `stat -c %i ${FOLDER}/*-*/kernel*`);
            if (files.split("\n").length !== GUESTS)
                throw new Error(`there are not ${GUESTS} kernels in ${FOLDER}: ${files}`);
            copies = new Set(files.split("\n")).size;
        },
    });
    place.log("xen: round trips of one create");
    const asked = await roundTrips({
        folder: place.folder,
        uri: host.sshUri,
        platform: "xen",
        kernel,
        guests: GUESTS,
    });
    const count = (name: string, ours: number, more: Partial<Figure>): Figure => ({
        part: "xen",
        name,
        unit: "",
        ours,
        beside: {},
        measure: "count",
        value: ours,
        ...more,
    });
    return [
        ...figures,
        count(`copies of the kernel for ${GUESTS} guests`, copies, { limit: 1 }),
        ...(["create", "update", "delete", "refresh"] as const).map((step) => {
            const { libvirt, scripts, waits, seconds } = asked[step];
            return count(`round trips of ${step === "refresh" ? `a refresh of ${GUESTS}` : `one ${step}`}`, waits, {
                beside: { "calls of libvirt": libvirt.length, "scripts by ssh": scripts.length },
                note: `procedures ${libvirt.join(" ")}; ${scripts.join(", ")}; ${seconds.toFixed(2)} s`,
            });
        }),
    ];
}
