import type { DomainRecord, Host } from "../../../backends/libvirt/host";
import { hasHalted } from "../../../backends/libvirt/lifecycle/power/halted";
import { createXen } from "../../../backends/xen";
import { workspace } from "../images/workspace";
import { dom0With } from "./spec";

workspace();

const log = "/var/log/xen/console/guest-web.log";
const uuid = "5d9d7b6e-8f0b-5c3e-9a54-3f1d5a6c2b01";
const host = { uri: "xen:///system", domains: { processorTime: async () => 1 } } as unknown as Host;

/** Refresh; return whether the guest counts as halted, and how often its log was read. */
async function refresh(files: Record<string, string>, record: Partial<DomainRecord>): Promise<[boolean, number]> {
    const dom0 = dom0With(files);
    const console = createXen(() => dom0).console!(host, { uuid, name: "web" });
    const halted = await hasHalted({
        host,
        uuid,
        console,
        record: { id: 7, active: true, state: "running", ...record } as DomainRecord,
        readConsole: (text) => (text.includes("halted") ? { ended: { how: "halted" } } : {}) as never,
    });
    return [halted, dom0.done.length];
}

test("a log outside of the guest's folder is read again only when it has grown, or after another boot", async () => {
    expect(await refresh({ [log]: "ready\n" }, {})).toEqual([false, 1]);
    expect(await refresh({ [log]: "ready\n" }, {})).toEqual([false, 0]);
    expect(await refresh({ [log]: "ready\nhalted\n" }, {})).toEqual([true, 1]);
    expect(await refresh({ [log]: "ready\nhalted\n" }, {})).toEqual([true, 0]);
    expect(await refresh({ [log]: "ready\n" }, { id: 8 })).toEqual([false, 1]);
}, 30_000);

test("a log that is not kept is remembered by nothing", async () => {
    expect(await refresh({}, {})).toEqual([false, 0]);
    expect(await refresh({ [log]: "ready\n" }, {})).toEqual([false, 1]);
});
