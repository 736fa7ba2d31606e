import type { DomainState, Host, HostInfo } from "../../../backends/libvirt/host";
import { waitReady } from "../../../backends/libvirt/lifecycle/readiness/readiness";
import { specOf } from "./spec";

/** A guest that is off, and whose log is written by somebody who is late: each read gives the next text, the last one again and again. */
function off(reason: number, reads: string[], state: DomainState = "shutoff"): Parameters<typeof waitReady>[0] {
    let read = 0;
    const host = { domains: { state: async () => ({ state, reason, active: false }) } } as unknown as Host;
    return {
        host,
        info: {} as HostInfo,
        spec: specOf({ readiness: { console: "ready", timeout: 5 } }),
        console: {
            path: async () => "",
            read: async () => reads[Math.min(read++, reads.length - 1)],
            size: async () => undefined,
            output: async () => undefined,
            rotate: async () => undefined,
            remove: async () => undefined,
        },
        readConsole: (text) => (text.includes("halted") ? { ended: { how: "halted", because: "halted" } } : {}),
    };
}

test.each<[string, string[]]>([
    ["seen with the first read", ["ready\n"]],
    ["written after the guest was seen off", ["", "", "ready\n"]],
    ["written before its end's line", ["ready\nhalted\n"]],
    ["written in pieces", ["boot\n", "boot\nrea", "boot\nready\nhalted\n"]],
])("a guest that printed its pattern and is off already was ready: %s", async (_title, reads) => {
    await expect(waitReady(off(1, reads))).resolves.toBeUndefined();
});

test.each<[string, number, DomainState, string[], string]>([
    ["powered off", 1, "shutoff", ["boot\n"], "it powered off"],
    ["crashed, by the reason of its end", 3, "shutoff", ["boot\n"], "it crashed"],
    ["crashed, and kept", 1, "crashed", ["boot\n"], "it crashed"],
    ["said why", 3, "shutoff", ["boot\n", "boot\nhalted\n"], "halted"],
])("a guest that never printed it: %s", async (_title, reason, state, reads, because) => {
    await expect(waitReady(off(reason, reads, state))).rejects.toMatchObject({
        code: "guest-ended",
        message: expect.stringContaining(`before it was ready: ${because}`) as string,
    });
});
