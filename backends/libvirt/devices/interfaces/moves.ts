import type { Attach } from "../../../../model";
import type { Consequence } from "../../../consequence";
import type { Host } from "../../host";
import type { DomainFacts, DomainModel } from "../../model";
import type { Difference } from "../device";
import { renderInterface } from "./render";

type Nic = DomainFacts["interfaces"][number];

/**
 * Return whether an interface is a port of a network or of a bridge: those move while the guest runs
 * (qemuDomainChangeNet, qemu_hotplug.c).
 */
function isPort(attach: unknown): boolean {
    const { network, bridge } = (attach ?? {}) as Partial<Record<"network" | "bridge", unknown>> & Partial<Attach>;
    return typeof network === "string" || typeof bridge === "string";
}

/** Return what another `attach` is where interfaces move live, as far as it can be told without the host. */
export function changeOfAttach(from: unknown, to: unknown): Consequence {
    return isPort(from) && isPort(to) ? "live" : "restart";
}

/** Return whether the interfaces differ in nothing but the network or bridge of ports. */
export function movesLive({ running, wanted, hypervisor, unbridged }: Difference): boolean {
    const moves = ({ kind, source = "" }: Nic): boolean =>
        isPort({ [kind]: source }) && !(kind === "network" && unbridged.includes(source));
    return (
        hypervisor.movesInterfaces &&
        running.interfaces.length === wanted.interfaces.length &&
        JSON.stringify(running.forwards) === JSON.stringify(wanted.forwards) &&
        running.interfaces.every((from, index) => {
            const to = wanted.interfaces[index]!;
            return from.mac === to.mac && (isSamePlace(from, to) || (moves(from) && moves(to)));
        })
    );
}

/** Plug each interface that is to be elsewhere into its other network or bridge. */
export async function makeMoves(
    host: Host,
    uuid: string,
    { running, wanted, model }: { running?: DomainFacts; wanted: DomainFacts; model: DomainModel },
): Promise<void> {
    for (const [index, to] of wanted.interfaces.entries()) {
        const from = running?.interfaces[index];
        if (from && isSamePlace(from, to)) continue;
        const nic = model.interfaces.find(({ mac }) => mac === to.mac);
        if (nic) await host.domains.updateDevice(uuid, renderInterface(nic), { live: true, config: false });
    }
}

function isSamePlace(one: Nic, other: Nic): boolean {
    return one.kind === other.kind && one.source === other.source;
}
