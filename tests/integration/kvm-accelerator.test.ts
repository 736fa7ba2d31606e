import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { kvm, probeAccelerator } from "../../backends/kvm";
import type { Host } from "../../backends/libvirt/host";
import { closeHosts, openHost } from "../../backends/libvirt/open";
import { type GuestPlan, UnikernelError, type UnikernelSpec, withSignal } from "../../model";
import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";
import { testContext } from "../support/plans";
import { card, plan } from "../unit/kvm/spec";

jest.setTimeout(900_000);

let machine: LibvirtHost;
let host: Host;
let cache: string;
const before = process.env.XDG_CACHE_HOME;

beforeAll(async () => {
    machine = await startLibvirtHost();
    process.env.PULUMI_UNIKERNEL_DIR = machine.env.PULUMI_UNIKERNEL_DIR;
    host = await openHost(machine.uri);
});
beforeEach(() => {
    process.env.XDG_CACHE_HOME = cache = mkdtempSync(join(tmpdir(), "puk-verdicts-"));
});
afterEach(async () => {
    rmSync(cache, { recursive: true });
    // Whatever became of a probe, nothing of it is left.
    expect(await machine.virsh("list", "--all", "--name")).toBe("");
    expect(readdirSync(machine.env.PULUMI_UNIKERNEL_DIR)).toEqual([]);
});
afterAll(async () => {
    delete process.env.PULUMI_UNIKERNEL_DIR;
    if (before === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = before;
    await closeHosts();
    await machine?.close();
});

test("the probe guest boots under emulation", async () => {
    const result = await probeAccelerator(host, "tcg");
    expect(result).toMatchObject({ booted: true, tried: true });
    expect(result.seconds).toBeGreaterThan(0);
});

test("an accelerator that the host does not have was not tried", async () => {
    expect(await probeAccelerator(host, "kvm")).toEqual({
        booted: false,
        tried: false,
        because: expect.stringContaining("kvm"),
    });
});

/** The host, with one thing about it changed. */
const but = (domains: Partial<Host["domains"]>, more: Partial<Host> = {}): Host => ({
    ...host,
    ...more,
    domains: { ...host.domains, ...domains },
});
const boots = (kernel: Uint8Array): Partial<Host> => ({
    files: Object.assign(Object.create(host.files) as Host["files"], {
        put: (uuid: string, name: string, _parts: unknown, options: { mode: number }) =>
            host.files.put(uuid, name, [{ bytes: kernel }], options),
    }),
});

test.each<[string, () => Promise<Host>, string, boolean]>([
    [
        "stops at an instruction",
        async () => but({ start: (uuid) => host.domains.start(uuid, { paused: true }) }),
        "could not run",
        true,
    ],
    [
        "hangs",
        async () =>
            but({}, boots(readFileSync((await (await import("../guests/build.mjs")).buildTestKernels()).testKernel))),
        "hung before its first instruction for 0.7 s",
        true,
    ],
    ["is refused by QEMU", async () => but({}, boots(Buffer.from("no kernel at all"))), "QEMU ended at once: ", true],
    [
        "is refused by QEMU, as newer releases of libvirt tell it",
        async () =>
            but({
                start: () =>
                    Promise.reject(
                        new UnikernelError(
                            "program-failed",
                            "internal error: QEMU unexpectedly closed the monitor (vm='probe'): 2026-01-02T03:04:05.678901Z qemu-system-x86_64: Could not access KVM",
                        ),
                    ),
            }),
        "QEMU ended at once: Could not access KVM",
        true,
    ],
    [
        "cannot be written",
        async () =>
            but(
                {},
                {
                    files: Object.assign(Object.create(host.files) as Host["files"], {
                        put: () => Promise.reject(new UnikernelError("no-space", "full")),
                    }),
                },
            ),
        "full",
        false,
    ],
])("a probe guest that %s", async (_name, disturbed, because, tried) => {
    expect(await probeAccelerator(await disturbed(), "tcg", { timeout: 700 })).toMatchObject({
        booted: false,
        tried,
        because: expect.stringContaining(because),
    });
});

test("a host that cannot be reached is no verdict", async () => {
    const gone = but({ start: () => Promise.reject(new UnikernelError("unreachable", "the daemon is gone")) });
    await expect(probeAccelerator(gone, "tcg")).rejects.toMatchObject({ code: "unreachable" });
});

test("one that asked is gone: so is its probe, and that of one who was killed is swept by the next", async () => {
    await expect(
        withSignal(AbortSignal.abort(new Error("enough")), () => probeAccelerator(host, "tcg")),
    ).rejects.toThrow("enough");
    const uuid = "11111111-2222-4333-8444-555555555555";
    await host.files.put(uuid, "kernel", [{ bytes: Buffer.from("x") }], { mode: 0o644 });
    await host.domains.define(
        `<domain type='qemu'><name>unikernel-probe-${(Date.now() - 120_000).toString(36)}-left</name><uuid>${uuid}</uuid><memory>16384</memory><os><type>hvm</type></os></domain>`,
    );
    await probeAccelerator(host, "tcg");
});

const choose = (on: Host, change: Partial<UnikernelSpec>, context = testContext()) =>
    kvm.choose(on, plan({ connection: machine.uri, ...change }) as GuestPlan, context);

test("no KVM: auto emulates without a probe, kvm is refused with what to do", async () => {
    const untouched = but({ define: () => Promise.reject(new Error("a probe where there is nothing to probe")) });
    expect(await choose(untouched, { accelerator: "auto", interfaces: [card()] })).toEqual({
        accelerator: "tcg",
        userNet: "qemu",
    });
    await expect(choose(untouched, { accelerator: "kvm" })).rejects.toMatchObject({
        code: "unsupported",
        property: "accelerator",
        hint: expect.stringContaining("doctor"),
    });
});

/** A host whose libvirt says that there is KVM; what runs as such is emulated, or never gets to run. */
function offering(uuid: string, works: boolean): { on: Host; probes(): number } {
    let probes = 0;
    const on = but(
        {
            define: (xml) =>
                host.domains.define(
                    xml.replace('type="kvm"', 'type="qemu"').replace(/<cpu .*?>/, '<cpu mode="maximum"/>'),
                ),
            start: (id) => {
                probes++;
                return host.domains.start(id, { paused: !works });
            },
        },
        {
            info: async () => {
                const info = await host.info();
                return {
                    ...info,
                    uuid,
                    capabilities: info.capabilities.replaceAll(
                        "<domain type='qemu'/>",
                        "<domain type='qemu'/><domain type='kvm'/>",
                    ),
                };
            },
        },
    );
    return { on, probes: () => probes };
}

test("KVM that boots: believed by all who ask, after one probe; the verdict is kept", async () => {
    const { on, probes } = offering("10000000-0000-4000-8000-000000000001", true);
    expect(await Promise.all(Array.from({ length: 5 }, () => choose(on, {})))).toEqual(
        Array(5).fill({ accelerator: "kvm", userNet: "qemu" }),
    );
    expect(probes()).toBe(1);
    expect(
        JSON.parse(
            readFileSync(
                join(
                    cache,
                    "pulumi-unikernel",
                    "accelerators",
                    readdirSync(join(cache, "pulumi-unikernel", "accelerators"))[0]!,
                ),
                "utf8",
            ),
        ),
    ).toMatchObject({ booted: true });
});

test("KVM that hangs its guests: emulation, said once and why; who insists gets it", async () => {
    const { on, probes } = offering("10000000-0000-4000-8000-000000000002", false);
    const context = testContext();
    expect(await Promise.all([choose(on, {}, context), choose(on, {}, context)])).toEqual(
        Array(2).fill({ accelerator: "tcg", userNet: "qemu" }),
    );
    expect(context.said).toEqual([
        expect.stringMatching(/^emulation instead of KVM on .*: QEMU stopped the probe guest/),
    ]);
    expect(probes()).toBe(1);
    expect((await choose(on, { accelerator: "kvm" })).accelerator).toBe("kvm");
    expect((await choose(on, { accelerator: "tcg" })).accelerator).toBe("tcg");
});

test.each([
    ["dynamic", card(), "passt"],
    ["static, which passt cannot be told", card({ ipv4: { address: "10.0.0.2/24" } }), "qemu"],
])("passt where the host offers it: %s", async (_name, one, userNet) => {
    const offered = but(
        {},
        {
            domainCapabilities: async (type, of) =>
                (await host.domainCapabilities(type, of)).replace(
                    "<devices>",
                    "<devices><interface supported='yes'><enum name='backendType'><value>passt</value></enum></interface>",
                ),
        },
    );
    expect((await choose(offered, { accelerator: "tcg", interfaces: [one] })).userNet).toBe(userNet);
});

test("a cache that cannot be written costs a probe, nothing else", async () => {
    writeFileSync(join(cache, "pulumi-unikernel"), "in the way");
    expect((await choose(offering("10000000-0000-4000-8000-000000000003", true).on, {})).accelerator).toBe("kvm");
});
