import type { DomainState, Host, HostInfo } from "../../../backends/libvirt/host";
import { describe as describeReadiness, waitReady } from "../../../backends/libvirt/lifecycle/readiness/readiness";
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

describe("for seconds after its pattern", () => {
    /** A guest that has printed its pattern, and runs for some milliseconds. */
    const running = (milliseconds: number, minReady = 1): Parameters<typeof waitReady>[0] => {
        const guest = off(1, ["boot\nready\n"]);
        const end = Date.now() + milliseconds;
        const state = async () => ({
            state: Date.now() < end ? "running" : "shutoff",
            reason: 1,
            active: Date.now() < end,
        });
        return {
            ...guest,
            host: { domains: { state } } as unknown as Host,
            spec: specOf({ readiness: { console: "ready", timeout: 5, minReady } }),
        };
    };

    test("a guest that runs on is ready", async () => {
        const begin = Date.now();
        await waitReady(running(60_000));
        expect(Date.now() - begin).toBeGreaterThanOrEqual(1000);
    });

    test("a guest that ends meanwhile is not", async () => {
        await expect(waitReady(running(300, 4))).rejects.toMatchObject({
            code: "guest-ended",
            message: expect.stringMatching(
                /before it was ready: it powered off; it was printed \d\.\d s before/,
            ) as string,
        });
        await expect(waitReady(running(0))).rejects.toMatchObject({ code: "guest-ended" });
    });
});

test.each([
    [{ tcp: { port: 80 }, timeout: 9, minReady: 3 }, "a connection to port 80, for 3 s without a failure"],
    [
        { http: { port: 80, path: "/up", status: [200, 204], body: "ok", host: "www" }, timeout: 9 },
        "HTTP on port 80, path /up, host www, status 200 or 204, body /ok/",
    ],
])("%j in words", (readiness, words) => {
    expect(describeReadiness(readiness)).toBe(words);
});
