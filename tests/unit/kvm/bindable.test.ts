import { type BindingFacts, bindingProblems } from "../../../backends/kvm/bindable";
import { card, forward } from "./spec";

const facts: BindingFacts = {
    hostname: "far",
    uid: 64055,
    unprivilegedFrom: 1024,
    addresses: ["127.0.0.1", "10.0.0.2", "::1"],
    passt: false,
    elsewhere: false,
};
const found = (forwards: object, more: Partial<BindingFacts> = {}): object[] =>
    bindingProblems(
        {
            interfaces: [
                card({ attach: { network: "default" } }),
                card({ attach: { user: { forward: [{ ...forward, ...forwards }] } } }),
            ],
        },
        { ...facts, ...more },
    );
const at = "interfaces[1].attach.user.forward[0]";

test("a port that QEMU's user may not listen on is refused, with the reason and the way out", () => {
    expect(found({ host: 80 })).toEqual([
        {
            property: `${at}.host`,
            reason: "QEMU on far runs as user 64055, which may not listen on port 80: ports below 1024 need a privilege there; use a port from 1024 on, or run on that host: sudo sysctl net.ipv4.ip_unprivileged_port_start=80",
        },
    ]);
    expect(found({ host: 2000 }, { unprivilegedFrom: 4096 })).toHaveLength(1);
});

test.each<[string, Partial<BindingFacts>]>([
    ["QEMU is root, and may have been left its capabilities", { uid: 0 }],
    ["passt may listen in its place", { passt: true }],
    ["libvirtd may be in another network", { elsewhere: true }],
])("where %s, it is a warning", (_, more) => {
    expect(found({ host: 80 }, more)).toEqual([
        { property: `${at}.host`, reason: expect.stringContaining("probably may not"), uncertain: true },
    ]);
});

test.each<[string, object, Partial<BindingFacts>]>([
    ["a high port", { host: 1024 }, {}],
    ["a low port that needs no privilege there", { host: 80 }, { unprivilegedFrom: 0 }],
    ["a host whose first unprivileged port is not known", { host: 80 }, { unprivilegedFrom: undefined }],
    ["an unknown user", { host: 80 }, { uid: undefined }],
    ["all addresses", { address: "0.0.0.0" }, {}],
    ["another loopback address", { address: "127.9.9.9" }, {}],
    ["an address of the host", { address: "10.0.0.2" }, {}],
    ["any address of an unknown host", { address: "10.0.0.3" }, { addresses: undefined }],
])("%s has no problem", (_, forwards, more) => {
    expect(found(forwards, more)).toEqual([]);
});

test("an address that the host does not have is refused", () => {
    expect(found({ address: "10.0.0.3" })).toEqual([
        {
            property: `${at}.address`,
            reason: "far has no address 10.0.0.3, so QEMU cannot listen on it; it has 127.0.0.1, 10.0.0.2, ::1",
        },
    ]);
    expect(found({ address: "10.0.0.3" }, { elsewhere: true })).toMatchObject([{ uncertain: true }]);
});
