import { iso } from "../../../backends/iso";
import { kvm } from "../../../backends/kvm";
import { UNKNOWN } from "../../../core/handlers";
import { unsupportedProblems } from "../../../core/unikernel/check/unsupported";

const forward = (...forwards: unknown[]) => ({
    interfaces: [{ attach: { user: { forward: [] } } }, { attach: { user: { forward: forwards } } }],
});

test.each<[string, Record<string, unknown>, string[]]>([
    ["nothing", {}, []],
    [
        "defaults, which nobody asked for",
        {
            state: "running",
            autostart: false,
            onCrash: "destroy",
            vcpus: 1,
            shutdownTimeout: 30,
            accelerator: "auto",
            deleteData: false,
        },
        [],
    ],
    [
        "what a host does",
        { state: "paused", autostart: true, onCrash: "restart", shutdownTimeout: 5 },
        ["state", "autostart", "onCrash", "shutdownTimeout"],
    ],
    [
        "what an emulator has",
        { accelerator: "kvm", gdb: { port: 1234 }, qemuArgs: ["-s"] },
        ["accelerator", "gdb", "qemuArgs"],
    ],
    ["readiness", { readiness: { tcp: { port: 80 } } }, ["readiness"]],
    ["a connection", { connection: "qemu:///system" }, ["connection"]],
    [
        "each forward of each interface",
        forward({ host: 1, guest: 1 }, { host: 2, guest: 2 }),
        ["interfaces[1].attach.user.forward[0]", "interfaces[1].attach.user.forward[1]"],
    ],
    [
        "a network, a bridge, a tap",
        {
            interfaces: [
                { attach: { network: "default" } },
                { attach: { bridge: "br0" } },
                { attach: { tap: "tap0" } },
            ],
        },
        ["interfaces[0].attach.network", "interfaces[1].attach.bridge", "interfaces[2].attach.tap"],
    ],
    [
        "a reservation",
        { interfaces: [{ attach: { user: { forward: [] } }, ipv4: { reserve: "10.0.0.2" } }] },
        ["interfaces[0].ipv4.reserve"],
    ],
    ["what is not known yet", { readiness: UNKNOWN, interfaces: UNKNOWN, connection: UNKNOWN }, []],
    [
        "an address, which is baked in",
        { interfaces: [{ attach: { user: { forward: [] } }, ipv4: { address: "10.0.0.2/24" } }] },
        [],
    ],
])("on a medium: %s", (_title, values, properties) => {
    const problems = unsupportedProblems(values, iso.consequences);
    expect(problems.map(({ property }) => property).sort()).toEqual([...properties].sort());
    for (const { reason } of problems) expect(reason.length).toBeGreaterThan(20);
});

test("on a host: what only a medium has", () => {
    const values = { output: "web.iso", label: "WEB", console: ["vga"], burn: { device: "/dev/sdx" }, state: "paused" };
    expect(
        unsupportedProblems(values, kvm.consequences)
            .map(({ property }) => property)
            .sort(),
    ).toEqual(["burn", "console", "label", "output"]);
});
