import type { GuestState, SeenState } from "../../../../model";
import { changeLive } from "../../devices";
import type { Host } from "../../host";
import { type Existing, stateOf } from "../existing";
import type { Run } from "../run";
import type { Definition } from "./wanted";

/** Change the running guest without interrupting it. The definition for the next boot is written already. */
export async function adjust(
    { host, plan: { spec } }: Run,
    { record, liveFacts }: Existing,
    { model, facts }: Definition,
    properties: string[],
): Promise<void> {
    if (!record?.active) return;
    await changeLive(host, spec.uuid, properties, { running: liveFacts, wanted: facts, model });
    await setState(host, spec.uuid, stateOf(record), spec.state);
}

async function setState(host: Host, uuid: string, from: GuestState, to: SeenState): Promise<void> {
    if (from === "running" && to === "paused") await host.domains.suspend(uuid);
    if (from === "paused" && to === "running") await host.domains.resume(uuid);
}
