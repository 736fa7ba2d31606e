import type { Context, Observation } from "../../backends";
import { PartialError } from "../../backends";
import { guestAbi } from "../../guests";
import type { GuestPlan } from "../../model";
import type { DiffResult } from "../handlers";
import { containsUnknown } from "../handlers";
import { forgetOwner, noteOwner, ownerInRun } from "../identityOwners";
import { refuseNewerState } from "../state";
import { noteRefusedPort } from "./check/refusedPorts";
import type { Difference } from "./diff/diff";
import { differences, EDITED, root, strongest } from "./diff/diff";
import { isReplacing } from "./diff/replacing";
import type { StoredInputs, StoredOutputs } from "./inputs";
import { DRIFTING, NotReadyError, outputsOf, refOf, withDrift } from "./outputs";
import { notePlace } from "./place";
import type { UnikernelServices } from "./services";
import { contextOf } from "./services";
import { toState } from "./stored";
import { inTurn, noteDifference } from "./turn";

/** Loaded by a create or an update. */
const plans = () => require("./plan") as typeof import("./plan");

export async function diffUnikernel(
    { backend }: UnikernelServices,
    olds: StoredOutputs,
    news: StoredInputs,
): Promise<DiffResult> {
    refuseNewerState(olds);
    notePlace(news.urn, olds);
    const used = backend(platformOf(olds, news));
    const found = differences(olds, news, used.consequences);
    if (found.length === 0 && !(await used.intact(olds))) {
        noteDifference(news.urn);
        return { changes: true, replaces: [], deleteBeforeReplace: true };
    }
    const replaces = found.filter(({ consequence }) => consequence === "replace").map(({ property }) => root(property));
    return { changes: changesOf(found), replaces: [...new Set(replaces)], deleteBeforeReplace: true };
}

/** While the new platform is unknown, the old one decides. */
function platformOf(olds: StoredOutputs, news: StoredInputs): StoredInputs["platform"] {
    return containsUnknown(news.platform) ? olds.platform : news.platform;
}

/** Return the differences on which `diffUnikernel` decides. */
export function changesOfUnikernel(
    { backend }: UnikernelServices,
    olds: StoredOutputs,
    news: StoredInputs,
): Difference[] {
    return differences(olds, news, backend(platformOf(olds, news)).consequences);
}

/** Properties that a read may have changed in state, while the inputs are the same. */
const DRIFTED = new Set<string>(DRIFTING);

/**
 * Return undefined when an input changed: only the engine knows the user's `replaceOnChanges`, and applies it when it
 * compares the inputs itself. Return true when only the host changed, which the engine could not find.
 */
function changesOf(found: Difference[]): boolean | undefined {
    if (found.length === 0) return false;
    const byUser = found.some(({ property, from }) => !DRIFTED.has(property) && from !== EDITED);
    return byUser ? undefined : true;
}

export async function createUnikernel(services: UnikernelServices, inputs: StoredInputs) {
    const plan = await plans().planGuest(inputs);
    const create = (context: Context) =>
        services.backend(inputs.platform).create(plan, {
            ...context,
            inState: ownerInRun(inputs.uuid) === inputs.urn || services.isReplaced?.(inputs.urn),
        });
    const outs = await realise(inputs, plan, () => inTurn(services, inputs, "continues", create));
    return { id: inputs.uuid, outs };
}

export async function updateUnikernel(
    services: UnikernelServices,
    olds: StoredOutputs,
    news: StoredInputs,
): Promise<StoredOutputs> {
    refuseNewerState(olds);
    const backend = services.backend(news.platform);
    const found = differences(olds, news, backend.consequences);
    const change = { from: olds, consequence: strongest(found), properties: found.map(({ property }) => property) };
    const plan = await plans().planGuest(news);
    // Another resource may later take the former URN.
    if (news.urn !== olds.urn) await noteOwner(news.uuid, news.urn);
    const how = change.consequence === "live" ? "live" : "restarts";
    return realise(news, plan, () => inTurn(services, news, how, (context) => backend.update(plan, change, context)));
}

async function realise(inputs: StoredInputs, plan: GuestPlan, act: () => Promise<Observation>): Promise<StoredOutputs> {
    try {
        return outputsOf(inputs, await act(), plan);
    } catch (error) {
        await noteRefusedPort(error, inputs);
        if (!(error instanceof PartialError)) throw error;
        throw new NotReadyError(inputs.uuid, toState(outputsOf(inputs, error.observation, plan)), error.reasons, {
            cause: error,
        });
    }
}

/** @returns the properties as the host has them; undefined when the guest is gone */
export async function readUnikernel(
    { backend, creator }: UnikernelServices,
    props: StoredOutputs,
): Promise<StoredOutputs | undefined> {
    refuseNewerState(props);
    notePlace(props.urn, props);
    const seen = await backend(props.platform).observe(
        refOf(props),
        props,
        creator,
        guestAbi(props.guest)?.readConsole,
        guestAbi(props.guest)?.xenstoreKey,
    );
    return seen && withDrift(props, seen);
}

export async function deleteUnikernel(services: UnikernelServices, props: StoredOutputs): Promise<void> {
    refuseNewerState(props);
    notePlace(props.urn, props);
    // A replacement keeps persist disks for the next guest.
    const replacing = isReplacing(props.urn);
    const applied = replacing ? { ...props, deleteData: false } : props;
    const remove = (context: Context): Promise<void> =>
        services.backend(props.platform).delete(refOf(props), applied, { ...context, replacing });
    await (replacing ? inTurn(services, props, "replaces", remove) : remove(contextOf(services)));
    if (!replacing) await forgetOwner(props.uuid, props.urn);
}
