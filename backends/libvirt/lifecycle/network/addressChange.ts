import { type AddressRequests, guestAbi } from "../../../../guests";
import { type InterfaceSpec, same, type UnikernelSpec } from "../../../../model";
import type { Consequence } from "../../../consequence";
import type { Host, LeaseRecord } from "../../host";
import { newestLease } from "../../leases";
import type { RecordedReservation } from "../../model";
import type { Existing } from "../existing";
import { type Reservation, reservationsOf } from "./declaredEntries";
import { leasesFor } from "./leases";

/** Why a changed reservation restarts a guest. */
const REASONS: Record<AddressRequests, string> = {
    once: "the guest requests its address only when it boots",
    renewal: "the guest requests its address when it boots, and again only when it renews its lease",
    unknown: "whether the guest requests its address again before it boots again is not known",
};

/**
 * Return what a change of `interfaces[N].ipv4` between addresses by DHCP is, or of the name of an address, and why;
 * undefined where the table decides.
 * A reservation of the address that the guest has already interrupts nothing. Nor does one of an interface that moves
 * to another network, which is a live change: the reservation goes along.
 * @param before interfaces in state
 * @param read returns the leases of a network
 */
export async function consequenceOfAddress(
    spec: UnikernelSpec,
    { property, from, to }: { property: string; from: unknown; to: unknown },
    before: InterfaceSpec[],
    read: (network: string) => Promise<LeaseRecord[]>,
): Promise<{ consequence: Consequence; note?: string } | undefined> {
    // A refresh found it missing: nothing else is compared by itself.
    if (/\.(name|reserve)$/.test(property))
        return { consequence: "live", note: `${property} (its entry was removed from the network)` };
    if (isRenaming(from, to)) return { consequence: "live", note: `${property} (its name in the network's DNS)` };
    const [former, wanted] = [reservedIn(from), reservedIn(to)];
    const nic = spec.interfaces.find((_, index) => property === `interfaces[${index}].ipv4`);
    if (nic && isMoved(nic, before)) return undefined;
    if (former !== undefined && to === "dhcp")
        return { consequence: "live", note: `${property} (the running guest keeps its address until its next start)` };
    if (wanted === undefined || (former === undefined && from !== "dhcp")) return undefined;
    const entry = reservationsOf(spec).find((one) => one.property === `${property}.reserve`);
    const leases = entry ? await read(entry.network).catch(() => []) : [];
    if (entry && hasAddress(entry, leases))
        return { consequence: "live", note: `${property} (the guest has ${wanted} already)` };
    const why = REASONS[guestAbi(spec.guest ?? "")?.requestsAddress(spec) ?? "unknown"];
    return { consequence: "restart", note: `${property} (${former ?? "dhcp"} → ${wanted}: ${why})` };
}

/** Return whether only the name of an address differs. */
function isRenaming(from: unknown, to: unknown): boolean {
    if (typeof from !== "object" || typeof to !== "object") return false;
    const [former, wanted] = [from, to].map((one) => ({ ...one, name: undefined }));
    return same(former, wanted);
}

function reservedIn(ipv4: unknown): string | undefined {
    const { reserve } = Object(ipv4) as { reserve?: unknown };
    return typeof reserve === "string" ? reserve : undefined;
}

/** Return whether an interface was attached elsewhere. */
function isMoved({ attach, mac }: InterfaceSpec, before: InterfaceSpec[]): boolean {
    const former = before.find((nic) => nic.mac === mac);
    return former !== undefined && !same(former.attach, attach);
}

function hasAddress({ network, mac, address }: Reservation, leases: LeaseRecord[]): boolean {
    return newestLease(leases, { network, mac }, "ipv4")?.address === address;
}

/** Return the leases of the interfaces with a reservation. A network whose leases cannot be read has none. */
export async function reservedLeases(host: Host, spec: UnikernelSpec): Promise<LeaseRecord[]> {
    const macs = reservationsOf(spec).map(({ mac }) => mac);
    const leases = await leasesFor(host, { interfaces: spec.interfaces.filter(({ mac }) => macs.includes(mac)) });
    return leases.filter(({ mac }) => macs.includes(mac.toLowerCase()));
}

/**
 * Return the addresses of new or changed reservations that the guest does not have, because it booted before the
 * reservation was made. The lease decides, and the former declaration: an unchanged reservation never restarts a guest, nor
 * does one that goes along with an interface to another network.
 * @param former reservations of the guest in state; undefined where it is not in state
 */
export function missingAddresses(
    spec: UnikernelSpec,
    former: UnikernelSpec | undefined,
    { mark, liveMark }: Existing,
    leases: LeaseRecord[],
): string[] {
    const before = former ? reservationsOf(former) : (mark?.reservations ?? []);
    // An interrupted update that has started the guest already: the reservation was there before.
    const booted = liveMark && liveMark.phase !== "ready" ? (liveMark.reservations ?? []) : [];
    const moved = spec.interfaces.filter((nic) => isMoved(nic, former?.interfaces ?? [])).map(({ mac }) => mac);
    return reservationsOf(spec)
        .filter(
            (entry) =>
                !moved.includes(entry.mac) &&
                ![...before, ...booted].some((other) => isSame(other, entry)) &&
                !hasAddress(entry, leases),
        )
        .map(({ address }) => address);
}

/**
 * Return a sentence for each interface that has another address than the one reserved for it: a network does not give
 * out an address that another guest still leases.
 */
export function otherAddresses(spec: UnikernelSpec, seen: string[] = []): string[] {
    return spec.interfaces.flatMap(({ attach, ipv4 }, index) => {
        const [wanted, has] = [reservedIn(ipv4), seen[index]];
        if (!("network" in attach) || wanted === undefined || !has || has === wanted) return [];
        return [
            `interfaces[${index}] has ${has}, not the reserved ${wanted}, which another guest may still lease; its next start requests it again`,
        ];
    });
}

function isSame(one: Pick<RecordedReservation, "mac" | "address">, other: Reservation): boolean {
    return one.mac === other.mac && one.address === other.address;
}
