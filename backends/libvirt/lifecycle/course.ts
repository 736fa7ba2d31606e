import { UnikernelError } from "../../../spec";
import type { Applied, Observation } from "../../backend";
import type { HostInfo } from "../host";
import type { RecordedReservation } from "../model";
import type { KeptConsole } from "../platform";
import type { GuestClaim } from "./claim";
import { ConsoleReader, keptConsole } from "./console";
import { type Decision, decide, isLeftover } from "./decide";
import { hasHalted } from "./halted";
import { settleHolders, takingFor, whenNameIsFree } from "./handOver";
import type { Thing } from "./holding";
import { assertNotWritten } from "./imported";
import { type Existing, look } from "./look";
import { unbridgedNetworks } from "./moves";
import { observation } from "./observation";
import type { Claim } from "./ownership";
import { assertSamePlace, placeOf } from "./place";
import { assertOpens } from "./privateFiles";
import { assertRoute } from "./readiness";
import { reconcile } from "./reconcile";
import { baseOf, folderOf } from "./records";
import { examine, ownEntries, reservationsOf } from "./reservations";
import type { Run } from "./run";
import { isUntold } from "./telling";
import { type Definition, define } from "./wanted";

/** One create or update: what is there, what is wanted, and what has to be done. */
export interface Course extends Run {
    claim: Claim;
    info: HostInfo;
    console: KeptConsole;
    existing: Existing;
    wanted: Definition;
    decision: Decision;
    /** The guest that its host runs has ended by itself. */
    ended: boolean;
    /** Whole files in the guest's folder. */
    present: Set<string>;
    /** Files whose content is not what their name says. */
    broken: string[];
    /** DHCP entries that were made for this guest so far. */
    entries: RecordedReservation[];
    /** Ports, devices and MAC addresses that other guests of the stack give up for this one. */
    awaited: Thing[];
    /** Of a create: it makes the guest, and no other run does. */
    held?: GuestClaim;
    /** What state says was there before; undefined when state knows nothing. */
    from?: Applied;
}

/** Looks and decides; changes nothing. */
export async function plot(run: Run, claim: Claim, from?: Applied): Promise<Course> {
    const { host, plan, platform, context } = run;
    const { spec } = plan;
    const info = await host.info();
    assertSamePlace(info, from ?? spec);
    const [existing, chosen] = await Promise.all([
        whenNameIsFree(run, () => look(host, spec, claim, from)),
        platform.choose(host, plan, context),
    ]);
    assertRoute({ spec, host, info });
    assertName(existing, spec.name);
    assertNotWritten(existing, plan);
    const choices =
        spec.accelerator === "auto" ? { ...chosen, accelerator: sameAsBefore(existing) ?? chosen.accelerator } : chosen;
    reconcile(
        { ...existing, folder: await folderOf(host, spec.uuid), seeds: isLeftover(existing.mark) && !claim.inState },
        spec,
    );
    const entries = ownEntries({ mark: existing.mark, specs: [from, begunBefore(existing) ? spec : undefined] });
    const wanted = await define(
        run,
        existing,
        choices,
        claim,
        await examine(host, reservationsOf(spec), entries, takingFor(run)),
    );
    const present = new Set(existing.files.map(({ name }) => name));
    const broken =
        existing.record && present.has(wanted.layout.kernel) ? await brokenKernel(run, wanted.layout.kernel) : [];
    for (const name of broken) present.delete(name);
    const kept = keptConsole(host, platform, spec);
    const unproven = existing.record?.active === true && existing.mark?.phase !== "ready";
    const ended = unproven
        ? plan.readConsole(await new ConsoleReader(host, spec.uuid, kept).read()).ended !== undefined
        : await hasHalted({
              host,
              uuid: spec.uuid,
              files: existing.files,
              record: existing.record,
              console: kept,
              readConsole: plan.readConsole,
          });
    const decision = decide(
        {
            ...existing,
            kernelReplaced: broken.length > 0,
            ended,
            untold: await isUntold(host, platform, spec, existing),
            unbridged: await unbridgedNetworks(host, existing.liveFacts, wanted.facts),
        },
        { facts: wanted.facts, bootDigest: plan.bootDigest, state: spec.state },
    );
    await assertOpens(run, { existing, layout: wanted.layout, decision, present });
    // The last thing: nothing but the host can fail from here on, so others may rely on it.
    const awaited = await settleHolders(run, existing);
    return {
        ...run,
        claim,
        info,
        console: kept,
        existing,
        awaited,
        wanted,
        decision,
        ended,
        present,
        broken,
        entries,
        from,
    };
}

/** Release 0.1.0 recorded no entries: one that it was making when it was killed is the one that is declared. */
function begunBefore({ mark }: Existing): boolean {
    return mark !== undefined && mark.phase !== "ready" && mark.reservations === undefined;
}

/** libvirt refuses a second name for a uuid. */
function assertName({ record }: Existing, name: string): void {
    if (!record || record.name === name) return;
    throw new UnikernelError("not-ours", `domain ${record.name} has the uuid of this guest, which is called ${name}`, {
        property: "name",
        hint: `virsh domrename ${record.name} ${name}`,
    });
}

/** Its name says what it was; somebody may have written something else into it. */
async function brokenKernel({ host, plan }: Run, name: string): Promise<string[]> {
    return (await host.files.digest(plan.spec.uuid, name)) === plan.digests.kernel ? [] : [name];
}

/** `auto` is decided once: a guest does not restart because a probe had a bad day. */
function sameAsBefore({ facts }: Existing): "kvm" | "tcg" | undefined {
    if (facts?.type === "kvm") return "kvm";
    return facts?.type === "qemu" ? "tcg" : undefined;
}

/** State knows nothing of it, and it never was whole: when it fails, nothing of it stays. */
export function isNew({ existing, claim }: Course): boolean {
    return existing.record === undefined || (isLeftover(existing.mark) && !claim.inState);
}

/** What is there now, for state. */
export async function report(
    { host, platform, plan, info, console, wanted: { mark } }: Course,
    known: Pick<Observation, "state" | "unfinished">,
): Promise<Observation> {
    return observation(
        { host, platform, spec: plan.spec, hostUuid: placeOf(info), consoleLog: await console.path() },
        { ...known, bootDigest: plan.bootDigest, incarnation: mark.incarnation, folder: baseOf(mark) },
    );
}
