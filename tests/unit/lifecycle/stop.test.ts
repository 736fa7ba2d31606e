import type { Host } from "../../../backends/libvirt/host";
import { stop } from "../../../backends/libvirt/lifecycle/power/stop";

const guest = { uuid: "u", name: "web" };
const definition =
    "<domain type='xen'><name>web</name><on_reboot>restart</on_reboot><on_crash>restart</on_crash></domain>";

const SHUT_DOWN = 1,
    BY_US = 2,
    CRASHED = 3; // virDomainShutoffReason

interface Look {
    ran: boolean;
    reason?: number;
    active?: boolean;
}

/** A host on which each destroy, and the look after one that found nothing to end, finds what the next row says. @returns what it was told, in order */
function world(...looks: Look[]) {
    const calls: string[] = [];
    let look: Look = { ran: false };
    const host = {
        domains: {
            define: async (xml: string) => {
                calls.push(
                    `define ${[...xml.matchAll(/<on_(\w+)>(\w+)</g)]
                        .map(([, event, action]) => `${event} ${action}`)
                        .sort()
                        .join(", ")}`,
                );
            },
            destroy: async () => {
                calls.push("destroy");
                look = looks.shift() ?? look;
                return look.ran;
            },
            state: async () => {
                calls.push("look");
                return { active: false, reason: BY_US, ...look };
            },
        },
    } as unknown as Host;
    return { calls, end: (restarting?: string) => stop(host, {}, guest, { asks: false, timeout: 0, restarting }) };
}

const still = "define crash destroy, reboot destroy";

test("one destroy ends a guest that nobody starts again", async () => {
    const { calls, end } = world({ ran: true });
    await end();
    expect(calls).toEqual(["destroy"]);
});

test.each<[string, Look[], string[]]>([
    ["it was off", [{ ran: false }], [still, "destroy", "look"]],
    ["it ran", [{ ran: true }, { ran: false }], [still, "destroy", still, "destroy", "look"]],
    [
        "it was started again while it was being destroyed",
        [{ ran: true }, { ran: true }, { ran: false }],
        [still, "destroy", still, "destroy", still, "destroy", "look"],
    ],
    [
        "it is just being started again",
        [{ ran: false, reason: CRASHED, active: true }, { ran: true }, { ran: false }],
        [still, "destroy", "look", still, "destroy", still, "destroy", "look"],
    ],
])("a guest that its host starts again, ended for good: %s", async (_when, looks, expected) => {
    const { calls, end } = world(...looks);
    await end(definition);
    expect(calls).toEqual(expected);
});

test("one that ended by itself, and is not started again, is waited for and then taken as it is", async () => {
    const { calls, end } = world({ ran: false, reason: CRASHED });
    await end(definition);
    expect(calls.slice(0, 4)).toEqual([still, "destroy", "look", "look"]);
    expect(calls.filter((call) => call === "destroy")).toHaveLength(1);
});

test("one that never stays off is an error", async () => {
    await expect(world({ ran: true }).end(definition)).rejects.toMatchObject({
        code: "in-use",
        message: expect.stringContaining("12 destroys"),
    });
});

test.each([
    [SHUT_DOWN, []],
    [CRASHED, [still, "destroy"]],
])("one that is asked to shut down and is off for reason %i after that", async (reason, expected) => {
    const calls: string[] = [];
    const states = [
        { active: true, state: "running", reason: 1 },
        { active: false, state: "shutoff", reason },
        { active: false, state: "shutoff", reason: BY_US },
    ];
    const note = (call: string, result?: unknown) => async () => {
        calls.push(call);
        return result;
    };
    const host = {
        domains: {
            state: async () => states.shift(),
            shutdown: async () => undefined,
            define: note(still),
            destroy: note("destroy", false),
        },
    } as unknown as Host;
    await stop(host, {}, guest, { asks: true, timeout: 5, restarting: definition });
    expect(calls).toEqual(expected);
});
