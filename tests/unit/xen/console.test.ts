import type { Host } from "../../../backends/libvirt/host";
import type { KeptConsole } from "../../../backends/libvirt/platform";
import { createXen } from "../../../backends/xen";
import { explainStart } from "../../../backends/xen/explain";
import { dom0With } from "./spec";

const host = { uri: "xen:///system" } as Host;
const usual = "/var/log/xen/console/guest-web.log",
    above = "/var/log/xen/guest-web.log";
const consoleOf = (dom0: ReturnType<typeof dom0With>): KeptConsole =>
    createXen(() => dom0).console!(host, { uuid: "u", name: "web" });

test.each<[string, Record<string, string>, string | undefined, string]>([
    ["where xenconsoled has it", { [usual]: "ready\n" }, "ready\n", usual],
    ["in the folder above", { [above]: "ready\n" }, "ready\n", above],
    ["nowhere: xenconsoled keeps none", {}, undefined, ""],
    ["another guest's is not ours", { "/var/log/xen/console/guest-web2.log": "x" }, undefined, ""],
])("%s", async (_name, files, text, path) => {
    const kept = consoleOf(dom0With(files));
    expect([await kept.read(100), await kept.path()]).toEqual([text, path]);
});

test("the log of the boot before", async () => {
    expect(await consoleOf(dom0With({ [`${usual}.last`]: "x" })).path("last")).toBe(`${usual}.last`);
});

test("only the end of a long log", async () => {
    expect(await consoleOf(dom0With({ [usual]: "first\nlast\n" })).read(5)).toBe("last\n");
});

test("each boot begins by moving the log aside; both go with the guest", async () => {
    const dom0 = dom0With({ [usual]: "x" });
    await consoleOf(dom0).rotate();
    expect(dom0.done.splice(0)).toEqual([`${usual} → ${usual}.last`, `${above} → ${above}.last`]);
    await consoleOf(dom0).remove();
    expect(dom0.done.sort()).toEqual(
        [usual, `${usual}.last`, above, `${above}.last`].map((path) => `${path} gone`).sort(),
    );
});

const log = "/var/log/libvirt/libxl/libxl-driver.log";
const at = (time: string, text: string): string => `2026-11-20 ${time}.181+0000: ${text}\n`;

/** As libxl 4.17 says it, in the form that libvirt's libxl_logger.c writes. */
const noBridge = [
    "libxl: libxl_exec.c:118:libxl_report_child_exitstatus: /etc/xen/scripts/vif-bridge online [30018] exited with error status 1",
    "libxl: libxl_device.c:1286:device_hotplug_child_death_cb: script: Could not find bridge device xenbr9",
    "libxl: libxl_create.c:1921:domcreate_attach_devices: Domain 138:unable to add vif devices",
];
const after = [
    "libxl: libxl_exec.c:118:libxl_report_child_exitstatus: /etc/xen/scripts/vif-bridge offline [30080] exited with error status 1",
    "libxl: libxl_domain.c:1034:libxl__destroy_domid: Domain 138:Non-existant domain",
    "libxl: libxl_domain.c:993:domain_destroy_callback: Domain 138:Unable to destroy guest",
    "libxl: libxl_domain.c:920:domain_destroy_cb: Domain 138:Destruction of domain failed",
];

test("of the driver's log, what led to the failure, not what followed", async () => {
    const text =
        at("12:30:58", "libxl: the trouble of a start before") +
        [...noBridge, ...after].map((line) => at("12:30:59", line)).join("");
    expect(await explainStart(dom0With({ [log]: text }), 900)).toEqual(noBridge);
});

test("a script that is waited for takes its time", async () => {
    const timeout =
        "libxl: libxl_aoutils.c:539:async_exec_timeout: killing execution of /etc/xen/scripts/block add because of timeout";
    expect(
        await explainStart(
            dom0With({
                [log]:
                    at("12:30:10", timeout) +
                    at(
                        "12:31:01",
                        "libxl: libxl_create.c:1643:domcreate_launch_dm: Domain 2:unable to add disk devices",
                    ),
            }),
            52_000,
        ),
    ).toEqual([timeout, expect.stringContaining("unable to add disk devices")]);
});

test.each([
    ["no log", {}],
    ["an empty one", { [log]: "" }],
    ["one of another form", { [log]: "something else\n" }],
])("%s explains nothing", async (_name, files) => {
    expect(await explainStart(dom0With(files), 900)).toEqual([]);
});
