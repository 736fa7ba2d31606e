import { PartialError } from "../../backends/backend";
import { refuseNewerState } from "../state";
import { differences, root, strongest } from "./diff";
import { compact, inputsWithin } from "./inputs";
import type { StoredInputs, StoredOutputs } from "./inputs";
import { NotReadyError, outputsOf, refOf } from "./outputs";
import { planGuest } from "./plan";
import { contextOf } from "./services";
import type { UnikernelServices } from "./services";
import type { Observation } from "../../backends/backend";
import type { GuestPlan } from "../../spec";

type Properties = Record<string, unknown>;

export async function diffUnikernel({ backend }: UnikernelServices, olds: StoredOutputs, news: StoredInputs) {
    refuseNewerState(olds);
    const found = differences(olds, news, backend(news.platform === undefined ? olds.platform : news.platform).consequences);
    const replaces = found.filter(({ consequence }) => consequence === "replace").map(({ property }) => root(property));
    return { changes: found.length > 0, replaces: [...new Set(replaces)], deleteBeforeReplace: true };
}

export async function createUnikernel(services: UnikernelServices, inputs: StoredInputs) {
    const plan = await planGuest(inputs);
    const outs = await realise(inputs, plan, () => services.backend(inputs.platform).create(plan, contextOf(services)));
    return { id: inputs.uuid, outs };
}

export async function updateUnikernel(services: UnikernelServices, olds: StoredOutputs, news: StoredInputs) {
    refuseNewerState(olds);
    const backend = services.backend(news.platform);
    const found = differences(olds, news, backend.consequences);
    const change = { from: olds, consequence: strongest(found), properties: found.map(({ property }) => property) };
    const plan = await planGuest(news);
    const outs = await realise(news, plan, () => backend.update(plan, change, contextOf(services)));
    return { outs };
}

async function realise(inputs: StoredInputs, plan: GuestPlan, act: () => Promise<Observation>): Promise<Properties> {
    try {
        return { ...outputsOf(inputs, await act(), plan) };
    } catch (error) {
        if (!(error instanceof PartialError)) throw error;
        throw new NotReadyError(inputs.uuid, { ...outputsOf(inputs, error.observation, plan) }, error.reasons, { cause: error });
    }
}

export async function readUnikernel({ backend }: UnikernelServices, props: StoredOutputs) {
    refuseNewerState(props);
    const seen = await backend(props.platform).observe(refOf(props), props);
    if (!seen) return { id: "", props: {} };
    const current = withDrift(props, seen);
    return { id: props.uuid, props: current, inputs: inputsWithin(current) };
}

export async function deleteUnikernel(services: UnikernelServices, props: StoredOutputs): Promise<void> {
    refuseNewerState(props);
    await services.backend(props.platform).delete(refOf(props), props, contextOf(services));
}

/** What state shows as a value of its own; other drift has a name only. */
const VALUES = ["memory", "vcpus", "autostart", "onCrash"] as const;
const SHOWN_ELSEWHERE = new Set<string>([...VALUES, "state", "digests.kernel"]);

/** The properties as they are on the host. */
function withDrift({ drift: _, ...props }: StoredOutputs, seen: Observation): Properties {
    const values = Object.fromEntries(VALUES.filter((name) => seen.drift[name] !== undefined).map((name) => [name, seen.drift[name]]));
    const kernel = seen.drift["digests.kernel"];
    const named = Object.keys(seen.drift).filter((name) => !SHOWN_ELSEWHERE.has(name));
    const edited = seen.bootDigest !== props.bootDigest && Object.keys(seen.drift).length === 0;
    const drift = [...named, ...(edited ? ["definition"] : []), ...(seen.unfinished ? ["unfinished"] : [])];
    return compact({
        ...props,
        ...values,
        digests: kernel === undefined ? props.digests : { ...props.digests, kernel },
        host: seen.host,
        state: seen.state,
        ipAddresses: seen.ipAddresses,
        consoleLog: seen.consoleLog,
        consoleCommand: seen.consoleCommand,
        drift: drift.length > 0 ? drift : undefined,
    });
}
