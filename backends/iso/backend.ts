import { forgetWriting, isBuiltByUs, type Writing, wasInterrupted, withNote, writingTo } from "../../localFiles";
import { type GuestPlan, messageOf, withSignal } from "../../model";
import { type Applied, type Backend, type Context, type Observation, PartialError } from "../backend";
import { checkIso } from "./check";
import { isoConsequences } from "./consequences";
import { ensureBurned, observeBurned } from "./device";
import { ensureImage, hasDigest, type Image, isIntact, refuseForeign, releaseImage } from "./image";
import { forgetBurn, wasBurnInterrupted } from "./interruptedBurns";
import { noteNeeds } from "./needs";
import { outputPath } from "./output";

/** The host of every medium: it is built on the machine that runs pulumi, so it never moves between hosts. */
const HERE = "local";

/**
 * A medium: the guest, its configuration and its data as one bootable image, optionally burned to a stick or disk.
 * Nothing runs, so libvirt is not involved.
 */
export const iso: Backend = {
    platform: "iso",
    defaultConnection: () => HERE,
    consequences: isoConsequences,
    check: (spec, { guest, boot }) => checkIso(spec, guest, boot),
    hostId: async () => HERE,
    intact: async (applied) => {
        forgetWriting(writingOf(applied, applied));
        return (await isIntact(applied)) && !(await wasBurnInterrupted(applied.uuid));
    },
    create: (plan, context) => withSignal(context.signal, () => write(plan, context)),
    update: (plan, { from }, context) => withSignal(context.signal, () => write(plan, context, from)),
    observe: (_ref, applied) => {
        forgetWriting(writingOf(applied, applied));
        return observe(applied);
    },
    async delete(ref, applied, context) {
        forgetWriting(writingOf(applied, applied));
        await releaseImage(ref, applied, context);
        await forgetBurn(ref.uuid);
        if (applied.burned) context.log(`${applied.burned.device} is left as it is: it still boots ${applied.name}`);
    },
};

async function write(plan: GuestPlan, context: Context, olds?: Applied): Promise<Observation> {
    const writing = writingOf(plan.spec, olds);
    if (!plan.spec.adopt)
        await refuseForeign(plan.spec, context.inState === true || (await wasInterrupted(writing)), olds);
    // A failure without a result keeps its note: the image may already be at its place.
    return withNote(
        writing,
        () => ensure(plan, context, olds),
        async (interrupted, error) =>
            !(error instanceof PartialError) && (interrupted || (await isBuiltByUs(writing.path))),
    );
}

function writingOf(spec: Pick<Applied, "urn" | "output" | "name">, olds: Pick<Applied, "urn"> | undefined): Writing {
    return writingTo(outputPath(spec), spec.urn, olds);
}

/**
 * Build and burn the medium. Each step checks whether it is done, so that a run after a kill at any point completes the
 * rest.
 */
async function ensure(plan: GuestPlan, context: Context, olds?: Applied): Promise<Observation> {
    noteNeeds(plan, context);
    const image = await ensureImage(plan, context, olds);
    // Only now: the old image has to stay until the new one is complete.
    if (olds?.path !== undefined && olds.path !== image.path) await releaseImage(plan.spec, olds, context);
    const { burn } = plan.spec;
    if (burn === undefined) {
        await forgetBurn(plan.spec.uuid);
        return report(plan, image);
    }
    try {
        return report(plan, { ...image, burned: await ensureBurned(plan.spec.uuid, burn, image, context, olds) });
    } catch (error) {
        // The image exists, but the device does not match it: state has to record both.
        throw new PartialError(report(plan, image, true), [messageOf(error)], {
            cause: error,
        });
    }
}

function report(
    { bootDigest }: Pick<GuestPlan, "bootDigest">,
    medium: Observation["medium"],
    unfinished = false,
): Observation {
    return { host: HERE, bootDigest, drift: {}, medium, unfinished };
}

/**
 * Return the present state of a medium. A lost or changed image is drift, never "gone": the identity stays, and an
 * update rebuilds the image.
 */
async function observe(applied: Applied): Promise<Observation> {
    const { bootDigest, sha256, size, manifest } = applied;
    const path = outputPath(applied);
    const seen: Observation = { host: HERE, bootDigest, drift: {}, unfinished: false };
    if (sha256 === undefined || size === undefined || manifest === undefined) return { ...seen, unfinished: true };
    if (!(await hasDigest(path, applied))) return { ...seen, drift: { output: "lost or changed" } };
    const image: Image = { path, sha256, size, manifest };
    const { burned, differs } = await observeBurned(applied, path);
    return { ...seen, medium: { ...image, burned }, drift: differs ? { burn: "something else" } : {} };
}
