import { translate } from "../../../backends/libvirt/lifecycle/power/startErrors";
import { xenStartErrors } from "../../../backends/xen/startErrors";
import { type BlockSpec, type ErrorCode, UnikernelError } from "../../../model";
import { block, card, spec } from "./spec";

const folder = "/var/lib/pulumi-unikernel/5d9d7b6e-8f0b-5c3e-9a54-3f1d5a6c2b01";
const disk = (name: string): BlockSpec => block({ name });
const two = spec({
    initrd: "initrd.img",
    interfaces: [card(), card({ attach: { network: "lan" } }), card({ attach: { bridge: "xenbr9" } })],
    blocks: [disk("data"), disk("web")],
});
const one = spec({ interfaces: [card({ attach: { network: "lan" } })], blocks: [disk("data")] });

/** libvirt says the first line, libxl and its domain builder (Xen 4.14–4.17) the second, in the log that explainStart reads. */
const failed = (line: string): string =>
    `start of domain 5d9d on xen:///system: internal error: libxenlight failed to create new domain 'web'\n  ${line}`;

const table: [string, ErrorCode, string | undefined, string | undefined][] = [
    [
        failed("libxl: libxl_device.c:1286:device_hotplug_child_death_cb: script: Could not find bridge device xenbr9"),
        "not-found",
        "interfaces[2].attach.bridge",
        "interfaces[0].attach.network",
    ],
    [
        failed(
            "libxl: libxl_aoutils.c:539:async_exec_timeout: killing execution of /etc/xen/scripts/block add because of timeout",
        ),
        "timeout",
        "blocks",
        "blocks[0]",
    ],
    [
        failed(
            "libxl: libxl_aoutils.c:539:async_exec_timeout: killing execution of /etc/xen/scripts/vif-bridge online because of timeout",
        ),
        "timeout",
        "interfaces",
        "interfaces[0]",
    ],
    [
        failed(
            `libxl: libxl_device.c:393:libxl__device_disk_set_backend: Disk vdev=xvdb failed to stat: ${folder}/web-0123456789abcdef.img: No such file or directory`,
        ),
        "not-found",
        "blocks[1]",
        "blocks[0]",
    ],
    [
        failed(
            "libxl: libxl_device.c:393:libxl__device_disk_set_backend: Disk vdev=xvda failed to stat: /elsewhere/disk: No such file or directory",
        ),
        "not-found",
        "blocks[0]",
        "blocks[0]",
    ],
    [
        failed(
            `libxl: libxl_device.c:1265:device_hotplug_child_death_cb: script: losetup /dev/loop0 ${folder}/data-0123456789abcdef.img failed`,
        ),
        "program-failed",
        "blocks[0]",
        "blocks[0]",
    ],
    [
        failed(
            "libxl: libxl_dm.c:2600:device_model_launch: Please install the qemu-system-xen package for this domain to work",
        ),
        "program-missing",
        "blocks",
        "blocks[0]",
    ],
    [
        failed(
            "xc: panic: xg_dom_boot.c:121: xc_dom_boot_mem_init: can't allocate low memory for domain: Out of memory",
        ),
        "no-space",
        "memory",
        "memory",
    ],
    [
        failed("libxl: libxl_dom.c:593:libxl__build_dom: xc_dom_boot_mem_init failed: Cannot allocate memory"),
        "no-space",
        "memory",
        "memory",
    ],
    ["operation failed: Failed to balloon domain0 memory", "no-space", "memory", "memory"],
    [
        failed(
            `xc: panic: xg_dom_core.c:248: failed to open file '${folder}/kernel-0123456789abcdef': No such file or directory: Internal error`,
        ),
        "not-found",
        "kernel",
        "kernel",
    ],
    [
        failed(
            `xc: panic: xg_dom_core.c:248: failed to mmap file '${folder}/initrd-0123456789abcdef': No such device: Internal error`,
        ),
        "not-found",
        "initrd",
        undefined,
    ],
    [
        failed(
            "xc: panic: xg_dom_boot.c:88: xc_dom_compat_check: guest type xen-3.0-x86_32p not supported by xen kernel, sorry: Invalid kernel",
        ),
        "unsupported",
        "kernel",
        "kernel",
    ],
    [
        failed("xc: panic: xg_dom_core.c:705: xc_dom_find_loader: no loader found: Invalid kernel"),
        "invalid",
        "kernel",
        "kernel",
    ],
    ["invalid argument: could not find capabilities for arch=x86_64 ostype=xenpvh", "unsupported", "kernel", "kernel"],
    [
        failed("libxl: libxl_create.c:1643:domcreate_launch_dm: Domain 1:unable to add disk devices"),
        "program-failed",
        "blocks",
        "blocks[0]",
    ],
    [
        failed("libxl: libxl_create.c:1921:domcreate_attach_devices: Domain 138:unable to add vif devices"),
        "program-failed",
        "interfaces",
        "interfaces[0]",
    ],
    [failed("libxl: something new"), "program-failed", undefined, undefined],
    // What both platforms share still holds.
    [
        "Network not found: no network with matching name 'lan'",
        "not-found",
        "interfaces[1].attach.network",
        "interfaces[0].attach.network",
    ],
];

test.each(table)("%s", (message, code, ofTwo, ofOne) => {
    const cause = new UnikernelError("program-failed", message);
    expect(translate(cause, two, xenStartErrors)).toMatchObject({ code, property: ofTwo, cause });
    expect(translate(cause, one, xenStartErrors)).toMatchObject({ code, property: ofOne });
});

test("the text says what is missing and where to look", () => {
    const said = (line: string): string =>
        String(translate(new UnikernelError("program-failed", failed(line)), two, xenStartErrors));
    expect(said("libxl: script: Could not find bridge device xenbr9")).toMatch(
        /there is no bridge xenbr9 on the host\n {2}hint: ip -br link/,
    );
    expect(said("libxl: killing execution of /etc/xen/scripts/block add because of timeout")).toMatch(
        /blocks: Xen gave up on the host's \/etc\/xen\/scripts\/block.*\n {2}hint: .*\/dev\/stdin/,
    );
    expect(said("xc: can't allocate low memory for domain")).toContain("the host has less than 64 MiB left");
});

test.each([
    ["a lost host", new UnikernelError("unreachable", failed("Could not find bridge device xenbr9"))],
    ["anything else", new UnikernelError("internal", "something")],
])("%s stays as it is", (_name, error) => {
    expect(translate(error, two, xenStartErrors)).toBe(error);
});
