import type { DomainRecord, Host } from "../../../backends/libvirt/host";
import { listHoldings } from "../../../backends/libvirt/lifecycle/network/domainHoldings";
import type { DeclaredIntent } from "../../../backends/libvirt/lifecycle/network/exclusiveItem";
import { awaitHolders, patience, untilFree } from "../../../backends/libvirt/lifecycle/network/handOver";
import { beginOperation, endOperation } from "../../../backends/libvirt/lifecycle/network/inProgress";
import type { Run } from "../../../backends/libvirt/lifecycle/run";
import { until } from "../../support/processes";
import { specOf } from "./spec";

const MAC = "52:54:00:00:00:01";
const OTHERS = 200;
const HOLDER = "holder";
const urn = (name: string): string => `urn:pulumi:dev::p::t::${name}`;
const marked = (name: string): string =>
    '<metadata><u:mark xmlns:u="urn:pulumi-unikernel:domain:1" version="2" phase="ready" since="">' +
    `<u:urn>${urn(name)}</u:urn><u:creator user="a" machine="b" project="c"/><u:boot digest="d"/></u:mark></metadata>`;

/** A host with many domains, of which one has the MAC address and a tap device. Counts its calls. */
function crowd() {
    const calls = { list: 0, get: [] as string[] };
    const domains = new Map<string, DomainRecord>();
    const put = (uuid: string, mac: string, id = 1, tap = `tap-${uuid}`): void => {
        const xml =
            `<domain type='kvm'><name>${uuid}</name><uuid>${uuid}</uuid>${marked(uuid)}<devices>` +
            `<interface type='network'><mac address='${mac}'/><source network='lan'/></interface>` +
            `<interface type='ethernet'><mac address='${mac.replace("52:", "56:")}'/><target dev='${tap}' managed='no'/></interface></devices></domain>`;
        const state = { uuid, name: uuid, id, state: "running" as const, reason: 1, active: true, persistent: true };
        domains.set(uuid, { ...state, autostart: false, inactiveXml: xml, liveXml: xml });
    };
    for (let count = 0; count < OTHERS; count++)
        put(`other${count}`, `52:54:00:01:00:${count.toString(16).padStart(2, "0")}`);
    put(HOLDER, MAC);
    const host = {
        domains: {
            list: async () => {
                calls.list++;
                return [...domains.values()].map(({ inactiveXml: _i, liveXml: _l, ...one }) => one);
            },
            get: async (uuid: string) => {
                calls.get.push(uuid);
                return domains.get(uuid);
            },
        },
    } as unknown as Host;
    return { host, calls, domains, put };
}

const spec = specOf({
    urn: urn("web"),
    interfaces: [
        { mac: MAC, attach: { network: "lan" } },
        { mac: "52:54:00:00:00:09", attach: { tap: `tap-${HOLDER}` } },
    ],
});
const runOf = (host: Host, intent: () => DeclaredIntent): Run =>
    ({ host, plan: { spec }, context: { declares: () => intent() } }) as unknown as Run;
const none = { files: [] };

const usual = { ...patience };
afterEach(() => {
    Object.assign(patience, usual);
    endOperation(spec.uuid);
    endOperation(HOLDER);
});

test("while a resource is awaited, only the domain that has it is read, ever more seldom", async () => {
    const { host, calls, domains } = crowd();
    let waits = 0;
    const intent = (): DeclaredIntent => {
        waits++;
        return "yields";
    };
    const waiting = awaitHolders(runOf(host, intent), none);
    await Promise.race([waiting, until(() => waits >= 40)]);
    domains.delete(HOLDER);
    expect(await waiting).toEqual([]);
    const rest = calls.get.slice(OTHERS + 1);
    expect(new Set(calls.get.slice(0, OTHERS + 1)).size).toBe(OTHERS + 1);
    expect(new Set(rest)).toEqual(new Set([HOLDER]));
    expect(rest.length).toBeLessThan(waits / 4);
    // The second list is that of the end: another domain may have taken it. It reads no domain again.
    expect(calls.list).toBe(2);
});

test("a holder that does not yield is read once more, and named", async () => {
    const { host, calls } = crowd();
    await expect(
        awaitHolders(
            runOf(host, () => "keeps"),
            none,
        ),
    ).rejects.toMatchObject({
        code: "in-use",
        message: expect.stringContaining(HOLDER) as string,
    });
    expect([calls.list, calls.get.length]).toEqual([1, OTHERS + 2]);
});

test("a holder that has released it meanwhile is not refused, though the list is two seconds old", async () => {
    const { host, put } = crowd();
    await listHoldings(host);
    put(HOLDER, "52:54:00:00:00:77", 1, "tap-else");
    expect(
        await awaitHolders(
            runOf(host, () => "keeps"),
            none,
        ),
    ).toEqual([]);
});

test("the wait before a start reads the holder alone", async () => {
    const { host, calls, put } = crowd();
    const run = runOf(host, () => "yields");
    beginOperation(HOLDER);
    const held = await awaitHolders(run, none);
    expect(held).toHaveLength(2);
    calls.get.length = 0;
    const waiting = untilFree(run, held);
    await Promise.race([waiting, until(() => calls.get.length >= 3)]);
    put(HOLDER, MAC, 2, "tap-else");
    await waiting;
    expect([new Set(calls.get), calls.list]).toEqual([new Set([HOLDER]), 1]);
});

test("a list reads again what was started, what this process has changed, and what is new", async () => {
    const { host, calls, put } = crowd();
    await listHoldings(host, true);
    calls.get.length = 0;
    await listHoldings(host, true);
    expect(calls.get).toEqual([]);
    put("other1", "52:54:00:01:00:01", 2);
    put("new", "52:54:00:02:00:00");
    beginOperation("other2");
    beginOperation("other3");
    endOperation("other3");
    await listHoldings(host, true);
    endOperation("other2");
    expect(calls.get.sort()).toEqual(["new", "other1", "other2", "other3"]);
    calls.get.length = 0;
    await listHoldings(host, true);
    await listHoldings(host, true);
    expect(calls.get).toEqual(["other2"]);
});
