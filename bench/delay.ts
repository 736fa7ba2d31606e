import { appendFile, cp } from "node:fs/promises";
import { join } from "node:path";
import { ownMounts, startSshd } from "../tests/support/sshd";
import type { Figure } from "./figure";
import { measureFleet } from "./fleet";
import { tableOf } from "./fleetTable";
import type { Place } from "./place";
import { startRelay } from "./relay";
import { figuresOf, roundTrips } from "./roundTrips";
import type { Table } from "./table";
import { Virsh } from "./virsh";
import { measureXen } from "./xen";

const GUESTS = 10;

export interface DelayOptions {
    /** Milliseconds that each answer of the host is late. */
    delay: number;
    /** @default 3 */
    runs?: number;
}

type Report = { figures: Figure[]; tables: Table[] };

/** Return a URI of a server on 127.0.0.1 by another port. */
const byPort = (uri: string, port: number): string => uri.replace(/(@127\.0\.0\.1):\d+/, `$1:${port}`);

/** Measure ten test guests by qemu+ssh on a host whose answers are late. */
export async function delay(place: Place, { delay, runs = 3 }: DelayOptions): Promise<Report> {
    const host = await place.host();
    // libvirt's own helper on the far side looks for the daemon where it always is.
    const sshd = await startSshd({
        enter: ownMounts('mkdir -p /run/libvirt; mount --bind "$1" /run/libvirt', join(host.folder, "sock")),
    });
    const relay = await startRelay(sshd.port, delay);
    try {
        await appendFile(join(sshd.folder, "config"), `HostKeyAlias [127.0.0.1]:${sshd.port}\n`);
        const uri = byPort(sshd.uri(), relay.port);
        const kernel = await place.kernel();
        const part = "delay";
        const figures = await measureFleet(place, {
            part,
            guests: GUESTS,
            runs,
            env: { ...host.env, BENCH_PLATFORM: "kvm", BENCH_CONNECTION: uri, BENCH_KERNEL: kernel },
            usual: false,
            virsh: new Virsh(uri, 1),
            folder: host.env.PULUMI_UNIKERNEL_DIR,
            copy: (from, to) => cp(from, to, { recursive: true }),
            limits: {},
        });
        place.log(`${part}: round trips of one create`);
        const asked = await roundTrips({
            folder: place.folder,
            // The counter runs the `ssh` of PATH, and this server's is a script of that name.
            uri: uri.replace(/command=[^&]*&/, ""),
            env: { ...host.env, PATH: `${sshd.folder}:${process.env.PATH}` },
            platform: "kvm",
            kernel,
            guests: GUESTS,
        });
        return {
            figures: [...figures, ...figuresOf(part, GUESTS, asked)],
            tables: [tableOf(`Seconds for ${GUESTS} guests by qemu+ssh, ${delay} ms away`, figures)],
        };
    } finally {
        await relay.close();
        await sshd.close();
    }
}

/** Measure the part `xen` on a host whose answers are late. */
export async function delayXen(place: Place, { delay, runs = 3 }: DelayOptions): Promise<Report> {
    const host = await place.xenHost();
    const relay = await startRelay(host.ports.ssh, delay);
    try {
        return await measureXen(place, {
            part: "delay-xen",
            title: `Seconds for 10 Xen guests by xen+ssh, ${delay} ms away`,
            uri: byPort(host.sshUri, relay.port),
            runs,
            limits: {},
            usual: false,
        });
    } finally {
        await relay.close();
    }
}
