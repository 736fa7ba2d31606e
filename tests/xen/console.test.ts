import { setTimeout as sleep } from "node:timers/promises";

import { openHost } from "../../backends/libvirt";
import { ConsoleReader, keptConsole } from "../../backends/libvirt/lifecycle/readiness/console";
import { createXen, dom0AccessBy } from "../../backends/xen";
import { nginxGuest } from "../support/linuxGuest";
import { type PlanOptions, testPlan } from "../support/plans";
import { until } from "../support/processes";
import { HANG_MS } from "../support/time";
import { openXenLifecycle, type XenLifecycle } from "../support/xenLifecycle";

jest.setTimeout(900_000);

let its: XenLifecycle;
beforeAll(async () => {
    its = await openXenLifecycle();
}, 900_000);
afterAll(() => its?.close());

/** By xen+tcp alone there is no way to the log that the host keeps. */
const alone = { sshTarget: undefined, readiness: undefined, shutdownTimeout: 0 };

async function readerOf(guest: PlanOptions): Promise<ConsoleReader> {
    const [{ spec }, host] = [await testPlan(guest), await openHost(guest.connection)];
    return new ConsoleReader(host, spec.uuid, keptConsole(host, createXen(dom0AccessBy()), spec));
}

test("what a guest printed before anybody listened is heard", async () => {
    const guest = its.guest({ ...alone, guest: "raw", args: ["one"] });
    expect(await its.create(guest)).toMatchObject({ state: "running", consoleLog: "" });
    const console = await its.host.guestSays(guest.name, "test kernel ready");
    expect(await (await readerOf(guest)).read()).toBe(console);
    await its.delete(guest);
});

test("no line is lost between two looks, and then the console is free for others", async () => {
    const lines = Array.from({ length: 150 }, (_, index) => `line ${index + 1}`);
    const program = `i=0; while [ $i -lt ${lines.length} ]; do i=$((i + 1)); echo "line $i"; sleep 0.02; done; echo all said; exec sleep 1000`;
    const guest = its.guest({
        ...alone,
        ...(await nginxGuest("xen")),
        guest: "linux",
        args: ["sh", "-c", program],
        memory: 112,
    });
    await its.create(guest);
    const reader = await readerOf(guest);
    let heard = "";
    for (const end = Date.now() + HANG_MS; !heard.includes("all said") && Date.now() < end; await sleep(100))
        heard = await reader.read();
    expect(heard.match(/^(line \d+|all said)$/gm)).toEqual([...lines, "all said"]);

    const {
        spec: { uuid },
    } = await testPlan(guest);
    const other = await openHost(guest.connection.replace("127.0.0.1", "localhost"));
    await expect(other.domains.readConsole(uuid, 0)).rejects.toThrow(/console/i);
    await until(() =>
        other.domains.readConsole(uuid, 0).then(
            () => true,
            () => false,
        ),
    );
    await its.delete(guest);
});
