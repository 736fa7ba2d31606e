import { setTimeout as sleep } from "node:timers/promises";

import { abortable, hasCode, keyOf } from "../../../../model";
import type { Host } from "../../host";
import { readMark } from "../../xml";
import type { Existing } from "../existing";
import type { GuestClaim } from "../ownership/claim";
import type { Run } from "../run";
import { type ConflictingEntry, isRecord, keysOf, refusalOf, wantedOf } from "./conflicts";
import { type DomainHoldings, holderOf, holdingsOf, listHoldings } from "./domainHoldings";
import { includes } from "./entries";
import {
    type DeclaredIntent,
    type ExclusiveItem,
    exclusiveItemsOf,
    type HeldItem,
    heldError,
    isMac,
    isOfStack,
} from "./exclusiveItem";
import { beginOperation, isInProgress, mayProceed } from "./inProgress";
import type { Takeover } from "./reservations";

/** Time limits in milliseconds. Tests shorten them. */
export const patience = {
    /**
     * Wait for the program to declare another guest in this run: checks follow the program's order while operations
     * run.
     */
    declare: 10_000,
    /** Wait for another guest of the stack to release what its new declaration does not have. */
    yield: 60_000,
};
const PAUSE_MS = 200;
/** Longest pause between two looks at a holder on the host. */
const LONGEST_PAUSE_MS = 2000;

/**
 * Wait until each exclusive resource that the guest needs is free, or held by a guest of its stack whose running update
 * releases it. Changes nothing. Throws `in-use`, naming the holder, for a resource that will not become free.
 * @returns the resources that are still held, to wait for after this guest has released its own
 */
export async function awaitHolders({ host, plan: { spec }, context }: Run, existing: Existing): Promise<HeldItem[]> {
    const items = exclusiveItemsOf(spec, existing);
    const begin = Date.now();
    // A failed create leaves nothing behind, so a cached list suffices. Before a running guest is stopped, ask the
    // host.
    const now = existing.record?.active === true;
    let held = items.length > 0 ? holdersOf(items, await listHoldings(host, now), spec.uuid) : [];
    const answerOf = ({ holder, item }: HeldItem) => declaredBy(context, spec.urn, holder, item);
    const refused = () => held.find((one) => Date.now() - begin >= patienceFor(answerOf(one)));
    for (let next = begin + PAUSE_MS, pause = PAUSE_MS; ; await abortable(sleep(PAUSE_MS))) {
        if (refused() !== undefined || Date.now() >= next) {
            held = await lookAgain(host, items, held, spec.uuid);
            pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS);
            next = Date.now() + pause;
        }
        const found = refused();
        if (found) throw heldError(found.item, found.holder, spec.urn, answerOf(found));
        beginOperation(
            spec.uuid,
            held.map(({ holder }) => holder.uuid),
        );
        if (held.every((one) => answerOf(one) === "yields") && mayProceed(spec.uuid)) return held;
    }
}

/**
 * Read the holders again, and only them. When one of them has released a resource, list all domains: another may have it.
 */
async function lookAgain(host: Host, items: ExclusiveItem[], held: HeldItem[], uuid: string): Promise<HeldItem[]> {
    if (held.length === 0) return held;
    const still = await stillHeld(host, held, uuid);
    return still.length === held.length ? still : holdersOf(items, await listHoldings(host, true), uuid);
}

/** Return those resources that their holders still have. */
async function stillHeld(host: Host, held: HeldItem[], uuid: string): Promise<HeldItem[]> {
    const uuids = [...new Set(held.map(({ holder }) => holder.uuid))];
    const holders = await Promise.all(uuids.map((one) => holdingsOf(host, one)));
    return holdersOf(
        held.map(({ item }) => item),
        holders.filter((one) => one !== undefined),
        uuid,
    );
}

/** Wait, before a start, until other guests have released the resources that `awaitHolders` returned. */
export async function untilFree({ host, plan: { spec } }: Run, awaited: HeldItem[]): Promise<void> {
    const gone = new Set<string>();
    let held = awaited.filter(({ item }) => !isMac(item));
    for (const begin = Date.now(); ; await abortable(sleep(PAUSE_MS))) {
        held = await stillHeld(host, held, spec.uuid);
        const [first] = held;
        if (!first) return;
        const { item, holder } = first;
        // Its update may have ended right after it was read: the next look shows that.
        if (gone.has(holder.uuid) || Date.now() - begin > patience.yield)
            throw heldError(item, holder, spec.urn, "yields");
        if (!isInProgress(holder.uuid)) gone.add(holder.uuid);
    }
}

/**
 * Return the error of a start that failed because of a port or a device, naming the domain that has it, if one does.
 */
export async function namingHolder({ host, plan: { spec }, context }: Run, error: unknown): Promise<unknown> {
    if (!hasCode(error, "in-use")) return error;
    const items = exclusiveItemsOf(spec, {}).filter(({ property }) => property === error.property);
    const [found] = holdersOf(items, await listHoldings(host, true).catch(() => []), spec.uuid);
    if (!found) return error;
    const answer = declaredBy(context, spec.urn, found.holder, found.item);
    return heldError(found.item, found.holder, spec.urn, answer);
}

/**
 * Define a domain that the host does not have yet. libvirt refuses a name that another domain has: wait while that is a
 * guest of the same stack that is being replaced or deleted, and for no other domain.
 */
export async function defineNew(
    { host, plan: { spec }, context, held }: Run & { held?: GuestClaim },
    xml: string,
): Promise<void> {
    for (const begin = Date.now(); ; await abortable(sleep(PAUSE_MS)), await held?.assertHeld()) {
        try {
            return await host.domains.define(xml);
        } catch (error) {
            if (hasCode(error, "unreachable", "timeout")) throw error;
            // Asked, since the daemon may say the reason in another language.
            const record = await host.domains.byName(spec.name);
            if (record?.uuid === spec.uuid) throw error;
            const patient = Date.now() - begin;
            // The name has become free meanwhile.
            if (!record && hasCode(error, "in-use") && patient < patience.yield) continue;
            if (!record) throw error;
            const urn = readMark(record.inactiveXml)?.urn;
            const holder = { uuid: record.uuid, name: record.name, urn: isOfStack(urn, spec.urn) ? urn : undefined };
            const item: ExclusiveItem = {
                key: keyOf.name(spec.name),
                property: "name",
                code: "not-ours",
                hint: "set another name; remove that domain only where no stack has it in its state",
                says: (domain) => `${domain} (${holder.uuid}) has the name that this guest would get`,
            };
            const answer = declaredBy(context, spec.urn, holder, item);
            if (patient >= patienceFor(answer)) throw heldError(item, holder, spec.urn, answer);
        }
    }
}

/**
 * Return the decision whether a DHCP entry of another guest may be replaced. It may, if that guest belongs to the same
 * stack and no longer declares the address or the MAC address. Its own update then finds the entry gone, and makes the
 * one that it declares now, so the order of the two does not matter.
 */
export function takeoverFor({ host, plan: { spec }, context }: Run): Takeover {
    return async (entry) => {
        const { network, address, by } = entry;
        const mac = isRecord(entry) ? undefined : entry.mac;
        const holders = await listHoldings(host, true);
        const recorded = madeFor(entry, holders);
        const holder =
            recorded ??
            (by === "address"
                ? holders.find(({ holds }) => mac !== undefined && holds.includes(keyOf.mac(mac)))
                : undefined);
        if (!holder) throw refusalOf(entry);
        const item: ExclusiveItem = {
            ...wantedOf(entry),
        };
        // An entry that is not recorded belongs to an administrator.
        if (!recorded)
            throw heldError(
                {
                    ...item,
                    says: (domain) =>
                        `network ${network} reserves ${address} for ${mac}, the MAC address of ${domain}, by an entry that was not made for it`,
                },
                { name: holder.name },
                spec.urn,
                undefined,
            );
        for (const begin = Date.now(); ; await abortable(sleep(PAUSE_MS))) {
            const answer = declaredBy(context, spec.urn, holder, item);
            if (answer === "yields") return;
            if (Date.now() - begin >= patienceFor(answer)) throw heldError(item, holder, spec.urn, answer);
        }
    };
}

/** Return the domain for which an entry was made. */
export function madeFor(entry: ConflictingEntry, holders: DomainHoldings[]): DomainHoldings | undefined {
    const keys = keysOf(entry.network, entry);
    return holders.find(({ entries }) => keys.some((key) => includes(entries, key)));
}

function patienceFor(answer: DeclaredIntent | "unknown"): number {
    return answer === "yields" ? patience.yield : answer === "unknown" ? patience.declare : 0;
}

/**
 * Return whether the holder keeps or yields a resource. "unknown": it may still be declared; undefined: do not wait.
 */
function declaredBy(
    context: Run["context"],
    urn: string,
    holder: Pick<DomainHoldings, "uuid" | "urn">,
    { key }: ExclusiveItem,
): DeclaredIntent | "unknown" {
    if (!context.declares || !isOfStack(holder.urn, urn)) return undefined;
    return context.declares(holder.uuid, key) ?? "unknown";
}

/** Return, for each resource, the first other domain that has it. */
function holdersOf(items: ExclusiveItem[], holders: DomainHoldings[], uuid: string): HeldItem[] {
    return items.flatMap((item) => {
        const holder = holderOf(item.key, holders, uuid);
        return holder ? [{ item, holder }] : [];
    });
}
