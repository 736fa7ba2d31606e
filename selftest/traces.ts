import type { Host } from "../backends";
import { dom0Of } from "../backends";
import { createXen, readMark, readNetwork, renderReservation } from "../backends/inspection";
import { hasCode } from "../model";
import { NAME_PREFIX, type Traces, URN_PREFIX } from "./subject";

/** Milliseconds. A run ends itself long before, so an older guest was left by a killed run. */
const ABANDONED = 2 * 3600_000;
const TRIES = 4;
const PAUSE_MS = 500;

/**
 * Remove everything of a throwaway guest in any state, and check that nothing is left. Retries, because a call of a
 * killed worker may still be running on the host, and the connection may have ended with the terminal.
 */
export async function removeTraces(host: Host, traces: Traces): Promise<void> {
    for (let tries = 1; ; tries++) {
        try {
            await removeOnce(host, traces);
            const left = await tracesLeft(host, traces);
            if (left.length === 0) return;
            if (tries === TRIES) throw new Error(`${traces.name} could not be removed: ${left.join(", ")} left`);
        } catch (error) {
            if (tries === TRIES) throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
}

async function removeOnce(host: Host, { uuid, name, reservation }: Traces): Promise<void> {
    await host.domains.destroy(uuid).catch((error: unknown) => {
        if (!hasCode(error, "not-found")) throw error;
    });
    if (reservation) await release(host, reservation);
    await host.domains.undefine(uuid);
    const files = await host.files.list(uuid);
    if (files.length > 0) await host.files.remove(uuid, ...files.map((file) => file.name));
    await host.files.removeFolder(uuid);
    if (isXen(host)) await createXen(dom0Of).console!(host, { uuid, name }).remove();
}

async function release(host: Host, { network, mac, address }: NonNullable<Traces["reservation"]>): Promise<void> {
    const record = await host.networks.get(network);
    if (!record) return;
    const { reservations, subnets } = readNetwork(record.xml);
    if (!reservations.some((entry) => entry.mac?.toLowerCase() === mac && entry.address === address)) return;
    const parent = subnets.findIndex(({ family, dhcp }) => family === "ipv4" && dhcp);
    await host.networks.updateReservation(
        network,
        "delete",
        renderReservation({ mac, address }),
        parent < 0 ? undefined : parent,
    );
}

/** Return everything that a host still has of a guest. */
export async function tracesLeft(host: Host, { uuid, name, reservation }: Traces): Promise<string[]> {
    const [byUuid, byName, files, network] = await Promise.all([
        host.domains.get(uuid),
        host.domains.byName(name),
        host.files.list(uuid),
        reservation ? host.networks.get(reservation.network) : undefined,
    ]);
    const entries =
        network && reservation
            ? readNetwork(network.xml).reservations.filter(({ mac }) => mac?.toLowerCase() === reservation.mac)
            : [];
    return [
        ...(byUuid || byName ? [`the domain ${name}`] : []),
        ...files.map((file) => `the file ${file.name} of ${uuid}`),
        ...entries.map(({ address }) => `the reservation of ${address}`),
    ];
}

/** Return the traces of guests whose selftest ended long ago, on any machine. */
export async function abandoned(host: Host): Promise<Traces[]> {
    const found: Traces[] = [];
    for (const { name, uuid } of await host.domains.list()) {
        const [, run = ""] = name.startsWith(NAME_PREFIX) ? name.slice(NAME_PREFIX.length).split(/^([0-9a-z]+)-/) : [];
        if (run === "" || Date.now() - parseInt(run.slice(0, -4), 36) < ABANDONED) continue;
        const mark = readMark((await host.domains.get(uuid))?.inactiveXml ?? "");
        if (mark?.urn.startsWith(URN_PREFIX))
            found.push({ urn: mark.urn, uuid, name, reservation: mark.reservations?.find((entry) => !entry.foreign) });
    }
    return found;
}

function isXen({ uri }: Host): boolean {
    return uri.startsWith("xen");
}
