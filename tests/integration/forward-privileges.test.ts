import type { InterfaceSpec } from "../../model";
import { type Lifecycle, openLifecycle } from "../support/lifecycle";
import { testPlan } from "../support/plans";

jest.setTimeout(900_000);

let its: Lifecycle;
beforeAll(async () => {
    its = await openLifecycle();
});
afterAll(() => its.close());

const card = (host: number, address = "127.0.0.1"): InterfaceSpec => ({
    mac: "52:54:00:23:00:01",
    attach: { user: { forward: [{ host, guest: 80, address, protocol: "tcp" }] } },
    ipv4: "dhcp",
});

test.each<[string, InterfaceSpec, string]>([
    ["a port below 1024", card(81), "interfaces[0].attach.user.forward[0].host"],
    ["an address that the host lacks", card(8081, "192.0.2.7"), "interfaces[0].attach.user.forward[0].address"],
])("check names %s, which QEMU refuses at the start", async (_, nic, property) => {
    const guest = its.guest({ interfaces: [nic] });
    const problems = await its.backend.hostProblems!((await testPlan(guest)).spec);
    expect(problems).toEqual([{ property, reason: expect.any(String), uncertain: true }]);
    await expect(its.create(guest)).rejects.toThrow(/cannot be listened on/);
});

test("an ordinary forward asks no host", async () => {
    expect(await its.backend.hostProblems!((await testPlan(its.guest({ interfaces: [card(8082)] }))).spec)).toEqual([]);
});
