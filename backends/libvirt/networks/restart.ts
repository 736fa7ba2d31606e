import { UnikernelError } from "../../../model";
import type { Host, NetworkDetails } from "../host";
import type { NetworkMark } from "../networkModel";
import { readDefinition, renderDefinition, renderMoved } from "../xml/networks";
import { type Guest, madeBridge, namesOf, runningGuests } from "./guests";

/** How often guests that were started meanwhile are looked for before the network stops. */
const ROUNDS = 3;

/** Return the name of the network on which guests wait while their own one restarts. */
export const waitingName = (uuid: string): string => `waiting-${uuid}`;

/**
 * Restart a network whose next definition is another. libvirt would leave running guests as ports of a bridge that is
 * gone (its update-device to a network of the same name does nothing), so they are plugged into another network first,
 * and back when theirs runs again.
 */
export async function restart(host: Host, network: NetworkDetails, mark: NetworkMark): Promise<void> {
    try {
        await moveAway(host, network, mark);
        await host.networks.destroy(network.uuid);
        await host.networks.start(network.uuid);
    } catch (error) {
        await goBack(host, network).catch(() => undefined);
        throw error;
    }
    await finishMoves(host, network);
}

/** Throw `in-use` where a guest would stay on a bridge that is gone. */
function assertMovable(name: string, guests: Guest[]): void {
    const stuck = guests.filter(({ moves }) => !moves);
    if (stuck.length === 0) return;
    throw new UnikernelError(
        "in-use",
        `network ${name} has to restart, and ${namesOf(stuck)} cannot be plugged in again while running`,
        { hint: "stop those guests, run pulumi up again, and start them" },
    );
}

async function moveAway(host: Host, network: NetworkDetails, mark: NetworkMark): Promise<void> {
    const { name, uuid } = network;
    const waiting = waitingName(uuid);
    const place = { name, bridge: madeBridge(readDefinition(network.xml)) };
    let guests = await runningGuests(host, place);
    assertMovable(name, guests);
    for (let round = 0; guests.length > 0; round++) {
        if (round === ROUNDS)
            throw new UnikernelError("in-use", `guests are being started on network ${name}: ${namesOf(guests)}`, {
                hint: "run pulumi up again when they run",
            });
        if (round === 0 && !(await host.networks.details({ name: waiting })))
            await host.networks.create(waitingNetwork(uuid, mark));
        for (const guest of guests) await plug(host, guest, waiting);
        guests = await runningGuests(host, place);
        assertMovable(name, guests);
    }
}

function waitingNetwork(uuid: string, mark: NetworkMark): string {
    return renderDefinition({
        name: waitingName(uuid),
        // Of the last digits, as those of the network's own bridge are of the first.
        uuid: `${uuid.slice(0, -12)}${[...uuid.slice(-12)].reverse().join("")}`,
        mode: "isolated",
        bridge: `vw${uuid.replaceAll("-", "").slice(-10)}`,
        forwarders: [],
        subnets: [],
        records: [],
        mark: { ...mark, hosts: [], standsFor: uuid },
    });
}

/** Plug the interfaces of a guest into another network. A guest that has ended meanwhile needs none. */
async function plug(host: Host, { uuid, ports }: Guest, network: string): Promise<void> {
    for (const { element } of ports) {
        try {
            await host.domains.updateDevice(uuid, renderMoved(element, network), { live: true, config: false });
        } catch (error) {
            if ((await host.domains.state(uuid))?.active) throw error;
        }
    }
}

/** Plug the guests that wait for this network into it, and remove the network on which they wait. */
export async function finishMoves(host: Host, { name, uuid }: { name: string; uuid: string }): Promise<void> {
    const waiting = await host.networks.details({ name: waitingName(uuid) });
    if (!waiting || readDefinition(waiting.xml).mark?.standsFor !== uuid) return;
    for (const guest of await runningGuests(host, { name: waiting.name })) await plug(host, guest, name);
    await host.networks.destroy(waiting.uuid);
}

/** After a failed restart: define and start the network as it was, and plug its guests in again. */
async function goBack(host: Host, network: NetworkDetails): Promise<void> {
    await host.networks.define(network.inactiveXml);
    await host.networks.start(network.uuid);
    await finishMoves(host, network);
}
