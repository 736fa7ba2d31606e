import { UnikernelError } from "../../../../model";
import type { Applied, Observation } from "../../../backend";
import type { HostFile, HostInfo, LeaseRecord } from "../../host";
import type { KeptConsole } from "../../platform";
import { type Existing, readExisting } from "../existing";
import { assertOpens } from "../files/privateFiles";
import { baseOf, folderOf } from "../files/records";
import { assertSameHost, hostIdOf } from "../hostIdentity";
import { missingAddresses, reservedLeases } from "../network/addressChange";
import type { RecordedEntry } from "../network/entries";
import type { HeldItem } from "../network/exclusiveItem";
import { awaitHolders, takeoverFor } from "../network/handOver";
import { checkEntries, entriesOf, ownEntries } from "../network/reservations";
import { observation } from "../observe/observation";
import type { GuestClaim } from "../ownership/claim";
import { assertNotWritten } from "../ownership/imported";
import type { Claim } from "../ownership/ownership";
import { hasHalted } from "../power/halted";
import { lacksRuntimeConfig } from "../power/runtimeConfig";
import { ConsoleReader, keptConsole } from "../readiness/console";
import { probingOf } from "../readiness/probing";
import type { Run } from "../run";
import { type Decision, decide, isLeftover } from "./decide";
import { unbridgedNetworks } from "./moves";
import { reconcile } from "./reconcile";
import { type Definition, define } from "./wanted";

/** One create or update: the existing guest, the desired one, and the steps between them. */
export interface Operation extends Run {
    claim: Claim;
    info: HostInfo;
    console: KeptConsole;
    existing: Existing;
    desired: Definition;
    decision: Decision;
    /** The guest has ended by itself, although its host still runs the domain. */
    ended: boolean;
    /** Complete files in the guest's folder. */
    present: Set<string>;
    /** Files whose content does not match the digest in their name. */
    broken: string[];
    /** DHCP entries and DNS records that exist for this guest already. */
    entries: RecordedEntry[];
    /** Ports, devices and MAC addresses that other guests of the stack are about to release. */
    awaited: HeldItem[];
    /** The leases of interfaces with a reservation, before the operation. */
    formerLeases: LeaseRecord[];
    /** For a create: its claim, which excludes other runs. */
    held?: GuestClaim;
    /** The guest in state; undefined when it is not in state. */
    from?: Applied;
}

/**
 * Read the host and decide what to do. Changes nothing.
 * @param files those in the guest's folder, where they are being read already
 */
export async function planOperation(
    run: Run,
    claim: Claim,
    from?: Applied,
    files?: Promise<HostFile[]>,
): Promise<Operation> {
    const { host, plan, platform, context } = run;
    const { spec } = plan;
    const info = await host.info();
    assertSameHost(info, from ?? spec);
    const [existing, chosen] = await Promise.all([
        readExisting(host, spec, claim, from, files),
        platform.choose(host, plan, context),
        // Only asks whether it is possible, before anything changes.
        probingOf({ spec, host, info }),
    ]);
    assertName(existing, spec.name);
    assertNotWritten(existing, plan);
    const choices =
        spec.accelerator === "auto" ? { ...chosen, accelerator: sameAsBefore(existing) ?? chosen.accelerator } : chosen;
    reconcile(
        { ...existing, folder: await folderOf(host, spec.uuid), seeds: isLeftover(existing.mark) && !claim.inState },
        spec,
    );
    const entries = ownEntries({
        mark: existing.mark,
        specs: [from, interruptedByFirstRelease(existing) ? spec : undefined],
    });
    const desired = await define(
        run,
        existing,
        choices,
        claim,
        await checkEntries(host, entriesOf(spec), entries, takeoverFor(run)),
    );
    const present = new Set(existing.files.map(({ name }) => name));
    const broken =
        existing.record && present.has(desired.layout.kernel) ? await brokenKernel(run, desired.layout.kernel) : [];
    for (const name of broken) present.delete(name);
    const kept = keptConsole(host, platform, spec);
    const unproven = existing.record?.active === true && existing.mark?.phase !== "ready";
    const ended = unproven
        ? plan.readConsole(await new ConsoleReader(host, spec.uuid, kept).read()).ended !== undefined
        : await hasHalted({
              host,
              uuid: spec.uuid,
              record: existing.record,
              console: kept,
              readConsole: plan.readConsole,
          });
    const formerLeases = existing.record ? await reservedLeases(host, spec) : [];
    const decision = decide(
        {
            ...existing,
            kernelReplaced: broken.length > 0,
            ended,
            unconfigured: await lacksRuntimeConfig(host, platform, spec, existing),
            unbridged: await unbridgedNetworks(host, existing.liveFacts, desired.facts),
            missingAddresses: missingAddresses(spec, from, existing, formerLeases),
        },
        { facts: desired.facts, bootDigest: plan.bootDigest, state: spec.state },
    );
    await assertOpens(run, { existing, layout: desired.layout, decision, present });
    // Last, because from here on only the host can fail, so other guests can rely on this operation.
    const awaited = await awaitHolders(run, existing);
    return {
        ...run,
        claim,
        info,
        console: kept,
        existing,
        awaited,
        desired,
        decision,
        ended,
        present,
        broken,
        entries,
        formerLeases,
        from,
    };
}

/** Return whether release 0.1.0 began the guest. It recorded no DHCP entries, so the declared one counts as its own. */
function interruptedByFirstRelease({ mark }: Existing): boolean {
    return mark !== undefined && mark.phase !== "ready" && mark.reservations === undefined;
}

/** Check that the domain has the declared name: libvirt refuses a second name for a uuid. */
function assertName({ record }: Existing, name: string): void {
    if (!record || record.name === name) return;
    throw new UnikernelError("not-ours", `domain ${record.name} has the uuid of this guest, which is called ${name}`, {
        property: "name",
        hint: `virsh domrename ${record.name} ${name}`,
    });
}

/** Return the kernel file if its content does not match the digest in its name: another program may have changed it. */
async function brokenKernel({ host, plan }: Run, name: string): Promise<string[]> {
    return (await host.files.digest(plan.spec.uuid, name)) === plan.digests.kernel ? [] : [name];
}

/** Return the accelerator of the existing domain. `auto` is decided once: a failed probe must not restart a guest. */
function sameAsBefore({ facts }: Existing): "kvm" | "tcg" | undefined {
    if (facts?.type === "kvm") return "kvm";
    return facts?.type === "qemu" ? "tcg" : undefined;
}

/** Return whether the guest is not in state and was never complete, so that a failure removes it. */
export function isNew({ existing, claim }: Operation): boolean {
    return existing.record === undefined || (isLeftover(existing.mark) && !claim.inState);
}

/** Return the present observation, for state. */
export async function report(
    { host, platform, plan, info, console, decision, formerLeases, desired: { mark } }: Operation,
    { consoleLog, ...known }: Pick<Observation, "state" | "unfinished"> & { consoleLog?: string },
): Promise<Observation> {
    return observation(
        {
            host,
            platform,
            spec: plan.spec,
            hostUuid: hostIdOf(info),
            // Where none was kept yet, one may be now.
            consoleLog: consoleLog || (await console.path()),
            formerLeases: decision.start && !decision.resume ? formerLeases : [],
        },
        { ...known, bootDigest: plan.bootDigest, incarnation: mark.incarnation, folder: baseOf(mark) },
    );
}
