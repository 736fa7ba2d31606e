import type { Host } from "../../../backends/libvirt/host";
import { createXen, type Dom0, dom0AccessBy } from "../../../backends/xen";
import type { BlockSpec } from "../../../model";
import { plan, testContext } from "./plan";
import { block, dom0With } from "./spec";

const guests = (...types: string[]): string =>
    `<capabilities><host/><guest><arch name='x86_64'>${types.map((type) => `<domain type='${type}'/>`).join("")}</arch></guest></capabilities>`;
const host = (capabilities: string): Host =>
    ({ uri: "xen:///system", info: async () => ({ capabilities, hostname: "far" }) }) as unknown as Host;
const choose = (dom0: Dom0, blocks: BlockSpec[], capabilities = guests("xen")) =>
    createXen(() => dom0).choose(host(capabilities), plan({ blocks }), testContext());

const qemu = { "/usr/libexec/xen-qemu-system-i386": "ELF" };
const tcp = dom0AccessBy()({ uri: "xen+tcp://far/system" });

test.each<[string, Dom0, BlockSpec[], string]>([
    ["QEMU where the host has it", dom0With(qemu), [block()], "qemu"],
    ["another distribution's", dom0With({ "/usr/bin/qemu-system-x86_64": "ELF" }), [block()], "qemu"],
    ["loop devices where it has not", dom0With(), [block()], "loop"],
    ["no disks, no question", dom0With(), [], "qemu"],
    ["who cannot look leaves it to the host", tcp, [block({ format: "qcow2" })], "qemu"],
])("%s", async (_name, dom0, blocks, disks) => {
    expect(await choose(dom0, blocks)).toEqual({ accelerator: "xen", userNet: "qemu", disks });
});

test("loop devices know no qcow2", async () => {
    await expect(choose(dom0With(), [block(), block({ format: "qcow2" })])).rejects.toMatchObject({
        code: "unsupported",
        property: "blocks[1]",
        hint: expect.stringContaining("qemu-system-xen"),
    });
});

test.each([
    [guests("qemu", "kvm"), "qemu and kvm"],
    [guests(), "none"],
])("a host without Xen: %s", async (capabilities, text) => {
    await expect(choose(dom0With(), [], capabilities)).rejects.toMatchObject({
        code: "unsupported",
        property: "platform",
        message: expect.stringContaining(`but ${text}`),
    });
});
