import { holderOf, listHoldings } from "../../../backends/libvirt/lifecycle/network/domainHoldings";
import { MemoryHost } from "../../../bench/memoryHost";

const definition = (uuid: string, mac: string) =>
    `<domain type="kvm"><name>${uuid}</name><uuid>${uuid}</uuid><memory unit="KiB">65536</memory><vcpu>1</vcpu>
<os><type arch="x86_64" machine="pc">hvm</type><kernel>/k</kernel></os>
<devices><interface type="bridge"><mac address="${mac}"/><source bridge="br0"/></interface></devices></domain>`;

let host: MemoryHost;

beforeEach(async () => {
    jest.useFakeTimers();
    host = new MemoryHost("test:///holdings");
    await host.domains.define(definition("one", "52:54:00:00:00:01"));
    await host.domains.define(definition("two", "52:54:00:00:00:02"));
    host.forgetCalls();
});

afterEach(() => {
    jest.useRealTimers();
});

const macs = (holdings: { holds: string[] }[]) => holdings.map((one) => one.holds.join());
const lists = () => host.calls.get("domains.list") ?? 0;

test("guests that are made within two seconds share one list of the domains", async () => {
    await Promise.all([listHoldings(host), listHoldings(host)]);
    jest.advanceTimersByTime(1900);
    expect(macs(await listHoldings(host))).toEqual(["mac 52:54:00:00:00:01", "mac 52:54:00:00:00:02"]);
    expect(lists()).toBe(1);
    jest.advanceTimersByTime(200);
    await listHoldings(host);
    expect(lists()).toBe(2);
});

test("a failed reading is not kept", async () => {
    jest.spyOn(host.domains, "list").mockRejectedValueOnce(new Error("no connection"));
    await expect(listHoldings(host)).rejects.toThrow("no connection");
    expect(await listHoldings(host)).toHaveLength(2);
});

test.each([
    ["tcp 127.0.0.1 80", "one"],
    ["tcp 0.0.0.0 80", "one"],
    ["tcp 127.0.0.1 81", "any"],
    ["tcp 127.0.0.2 80", undefined],
    ["udp 127.0.0.1 80", undefined],
    ["mac 52:54:00:00:00:01", "one"],
    ["tap tap0", "any"],
])("the holder of %s is %s", (key, holder) => {
    const holders = [
        { uuid: "one", name: "one", holds: ["mac 52:54:00:00:00:01", "tcp 127.0.0.1 80"], entries: [] },
        { uuid: "any", name: "any", holds: ["tap tap0", "tcp 0.0.0.0 81"], entries: [] },
    ];
    expect(holderOf(key, holders, "self")?.name).toBe(holder);
    if (holder) expect(holderOf(key, holders, holder)).toBeUndefined();
});
