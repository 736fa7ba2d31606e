import type { GuestState, SeenState } from "../../../spec";
import type { Host } from "../host";
import { renderInterface } from "../xml";
import { type Existing, stateOf } from "./look";
import type { Run } from "./run";
import type { Definition } from "./wanted";

const LIVE = { live: true, config: false };

/** Changes what runs without interrupting it. The definition for the next boot is written already. */
export async function adjust(
    { host, plan: { spec } }: Run,
    { record, liveFacts }: Existing,
    { model, facts }: Definition,
    properties: string[],
): Promise<void> {
    if (!record?.active) return;
    if (properties.includes("memory")) await host.domains.setMemory(spec.uuid, facts.currentMemoryMib * 1024, LIVE);
    if (properties.includes("onCrash")) await host.domains.setOnCrash(spec.uuid, spec.onCrash, LIVE);
    if (properties.includes("interfaces")) {
        for (const [index, { mac, kind, source }] of facts.interfaces.entries()) {
            const before = liveFacts?.interfaces[index];
            if (before?.kind === kind && before.source === source) continue;
            const wanted = model.interfaces.find((one) => one.mac === mac);
            if (wanted) await host.domains.updateDevice(spec.uuid, renderInterface(wanted), LIVE);
        }
    }
    await setState(host, spec.uuid, stateOf(record), spec.state);
}

async function setState(host: Host, uuid: string, from: GuestState, to: SeenState): Promise<void> {
    if (from === "running" && to === "paused") await host.domains.suspend(uuid);
    if (from === "paused" && to === "running") await host.domains.resume(uuid);
}
