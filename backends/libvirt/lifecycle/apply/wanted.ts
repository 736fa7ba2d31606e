import { canonical, Recent, type UnikernelSpec } from "../../../../model";
import type { Creator } from "../../../backend";
import { definitionDigest, readFacts, renderDomain } from "../../devices";
import type { DomainFacts, DomainModel, Mark } from "../../model";
import type { Choices } from "../../platform";
import { MARK_VERSION, withLockedDisplays } from "../../xml";
import type { Existing } from "../existing";
import { type FormerFiles, planFormerFiles, recordsAfter } from "../files/formerFiles";
import { CONSOLE_LOG, type Layout, layOut } from "../files/layout";
import { folderOf, namesOf, recordsOf } from "../files/records";
import { type RecordedEntry, recorded } from "../network/entries";
import { type Claim, disown, generationOf } from "../ownership/ownership";
import { probeOf } from "../readiness/serving";
import type { Run } from "../run";

/** The definition of a plan on this host. */
export interface Definition {
    layout: Layout;
    model: DomainModel;
    facts: DomainFacts;
    /** Former files of persist disks: renamed or removed once the guest is ready. */
    formerFiles: FormerFiles;
    /** The mark at the end of the operation. */
    mark: Mark;
}

export async function define(
    { host, platform, plan, context }: Run,
    existing: Existing,
    choices: Choices,
    claim: Claim,
    entries: RecordedEntry[] = [],
): Promise<Definition> {
    const layout = await layOut(
        plan,
        existing.files,
        existing.mark?.bootDigest === plan.bootDigest ? namesOf(existing.mark) : [],
        existing.mark?.files,
    );
    const formerFiles = planFormerFiles(
        layout,
        existing.files.map(({ name }) => name),
        plan.spec.keepLast,
    );
    const path = (name: string): Promise<string> => host.files.path(plan.spec.uuid, name);
    const [kernel, initrd, log, ...disks] = await Promise.all([
        path(layout.kernel),
        layout.initrd === undefined ? undefined : path(layout.initrd),
        path(CONSOLE_LOG),
        ...layout.disks.map(path),
    ]);
    const model = platform.model(layout.plan, { kernel, initrd, log, disks }, choices);
    const generation = generationOf(existing.mark, claim);
    const mark = {
        ...readyMark(plan, context.creator, disown(existing.mark, claim), platform.debug !== undefined),
        folder: await folderOf(host, plan.spec.uuid),
        files: recordsAfter(formerFiles, recordsOf(layout, plan, existing.mark?.files ?? [])),
        ...(generation === undefined ? {} : { incarnation: generation }),
        ...recorded(entries),
    };
    const facts = factsOf(model);
    return { layout, model, facts, formerFiles, mark: { ...mark, definition: definitionDigest(facts) } };
}

/** Guests that one run makes at the same time. */
const MODELS = 64;
const known = new Recent<string, DomainFacts>(MODELS);

/**
 * Return what the definition of a model says, as libvirt would return it: without the mark, which is no fact. A create is
 * planned twice, before and after its claim, so the facts of a model that was read recently are kept.
 */
function factsOf(model: DomainModel): DomainFacts {
    const key = canonical(model);
    return known.get(key) ?? known.set(key, readFacts(renderDomain(model)));
}

function readyMark(
    { spec, bootDigest, guest, boot }: Run["plan"],
    creator: Creator,
    disowned: Creator[],
    debugs: boolean,
): Mark {
    return {
        schemaVersion: MARK_VERSION,
        urn: spec.urn,
        creator,
        bootDigest,
        phase: "ready",
        since: new Date().toISOString(),
        ...(guest.shutdown ? { shutdown: true } : {}),
        ...(boot.xenstore ? { told: boot.xenstore.key } : {}),
        ...(spec.gdb && debugs ? { gdb: spec.gdb.port } : {}),
        ...probeOf(spec),
        ...(disowned.length ? { disowned } : {}),
    };
}

/** Time of a step beyond the waits that the spec names: copying, a busy host. */
const MARGIN_MS = 10 * 60_000;

/** Return the milliseconds after which an unfinished step counts as abandoned. */
export function timeFor({ readiness, shutdownTimeout }: Pick<UnikernelSpec, "readiness" | "shutdownTimeout">): number {
    return ((readiness?.timeout ?? 0) + shutdownTimeout) * 1000 + MARGIN_MS;
}

/** Return the mark for the time until the guest is ready. */
export function unfinishedMark({ mark }: Definition, { plan: { spec } }: Run, lastGood: string | undefined): Mark {
    const deadline = Date.now() + timeFor(spec);
    return withLastGood(
        {
            ...mark,
            phase: lastGood === undefined ? "creating" : "updating",
            deadline: new Date(deadline).toISOString(),
        },
        lastGood,
    );
}

export function withLastGood(mark: Mark, lastGood: string | undefined): Mark {
    return lastGood === undefined ? mark : { ...mark, lastGood: withLockedDisplays(lastGood) };
}

/**
 * Return whether two marks are equal apart from the time at which they were written, and from the token of a claim: that
 * of a create that has ended says nothing, so it may stay.
 */
export function sameMark(one: Mark | undefined, other: Mark): boolean {
    return one !== undefined && JSON.stringify(comparable(one)) === JSON.stringify(comparable(other));
}

function comparable(mark: Mark): unknown {
    const { since: _since, claim: _claim, ...rest } = mark;
    return Object.entries(rest)
        .filter(([, value]) => value !== undefined)
        .sort(([a], [b]) => (a < b ? -1 : 1));
}
