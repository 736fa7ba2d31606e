import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { readKernel, recognise } from "../../guests";
import { abi } from "../support/abis";
import { must } from "../support/processes";
import { HANG_MS } from "../support/time";
import { startXenHost, whyNoXenHost, type XenHost } from "../support/xenHost";

jest.setTimeout(900_000);

// The host itself, before anything is tested on it: virsh and ssh only.
let host: XenHost;
let kernel: string;

beforeAll(async () => {
    expect(await whyNoXenHost()).toBeUndefined();
    kernel = await (await import("../guests/xen/build.mjs")).buildXenTestKernel();
    host = await startXenHost();
    await host.put(kernel, "/var/lib/xen-host/kernel.elf");
    await host.run("truncate", "-s", "1M", "/var/lib/xen-host/disk.img", "/var/lib/xen-host/shared.img");
}, 900_000);
afterAll(async () => {
    await host?.stop();
});

interface Guest {
    kernel?: string;
    memory?: number;
    os?: string;
    cmdline?: string;
    disks?: string;
    interfaces?: string;
    onCrash?: string;
}

const vif = (mac: string, { bridge = "xenbr0", script = "" } = {}) =>
    `<interface type='bridge'><mac address='${mac}'/><source bridge='${bridge}'/>${script && `<script path='${script}'/>`}</interface>`;

async function define(
    name: string,
    {
        kernel: image = "kernel.elf",
        memory = 16,
        os = "",
        cmdline = "",
        disks = "",
        interfaces = "",
        onCrash = "preserve",
    }: Guest = {},
): Promise<void> {
    const xml = `<domain type='xen'><name>${name}</name><memory unit='MiB'>${memory}</memory>
        <os><type arch='x86_64' machine='xenpv'>linux</type><kernel>/var/lib/xen-host/${image}</kernel>${os}<cmdline>${cmdline}</cmdline></os>
        <on_crash>${onCrash}</on_crash><devices>${disks}${interfaces}<console type='pty'><target type='xen'/></console></devices></domain>`;
    const folder = await mkdtemp(join(tmpdir(), "xen-domain-"));
    await writeFile(join(folder, "domain.xml"), xml);
    await host.virsh("define", join(folder, "domain.xml")).finally(() => rm(folder, { recursive: true }));
}

const state = async (name: string) => await host.virsh("domstate", "--reason", name);
async function reaches(name: string, wanted: string): Promise<void> {
    for (const end = Date.now() + HANG_MS; (await state(name)) !== wanted && Date.now() < end; )
        await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await state(name)).toBe(wanted);
}

test("the test kernel is what a rumprun for Xen is", async () => {
    const facts = await readKernel(kernel);
    expect(recognise(facts)).toMatchObject({ abi: { id: "rumprun" }, platforms: ["xen"] });
    expect(facts.elf).toMatchObject({ bits: 64, notes: [{ owner: "rumpkernel.org" }] });
});

test("a guest is configured by xenstore while it is paused, and reports its devices", async () => {
    const disks = [
        "<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/var/lib/xen-host/disk.img'/><target dev='xvda' bus='xen'/></disk>",
        "<disk type='file' device='disk'><source file='/var/lib/xen-host/shared.img'/><target dev='xvdb' bus='xen'/><readonly/></disk>",
    ].join("");
    await define("paused", { cmdline: "one two", disks, interfaces: vif("00:16:3e:00:00:01") });
    await host.virsh("start", "--paused", "paused");
    expect(await state("paused")).toMatch(/^paused/);
    const config = '{\n"env": "A=b c\\\\",\n"cmdline": "nginx -g x",\n"hostname": "web"\n}\n';
    // Without -R it would read escapes in the value.
    await host.run("xenstore-write", "-R", `/local/domain/${await host.virsh("domid", "paused")}/rumprun/cfg`, config);
    expect(await host.store("paused", "rumprun/cfg")).toBe(config);
    expect(await host.guestConsole("paused")).toBe("");
    await host.virsh("resume", "paused");
    const console = await host.guestSays("paused", "test kernel ready");
    expect(console).toContain(`rumprun/cfg ${config}`);
    for (const line of [
        "command line one two",
        "configured by xenstore",
        "memory 16384 KiB, vcpus 1",
        "hostname web",
        "env A=b c\\\\",
        "argv[0] nginx",
        "argv[2] x",
        "vbd 51712 device-type=disk dev=xvda mode=w type=qdisk params=aio:/var/lib/xen-host/disk.img",
        "vif 0 mac=00:16:3e:00:00:01 bridge=xenbr0",
        "vbd 51728 device-type=disk dev=xvdb mode=r type=phy params=/var/lib/xen-host/shared.img",
    ])
        expect(console).toContain(line);
    expect(abi("rumprun").readConsole(console)).toEqual({});
    await host.virsh("destroy", "paused");
    expect(await host.run("losetup", "--all")).toBe("");
});

test("the test kernel halts as told", async () => {
    await define("halts", { cmdline: "TEST=halt" });
    await host.virsh("start", "halts");
    await reaches("halts", "shut off (shutdown)");
    expect(abi("rumprun").readConsole(await host.guestConsole("halts")).ended).toMatchObject({ how: "halted" });
});

test("Xen's own script is there too", async () => {
    await define("stock", { interfaces: vif("00:16:3e:00:02:01", { script: "vif-bridge.stock" }) });
    await host.virsh("start", "stock");
    expect(await host.guestSays("stock", "test kernel ready")).toContain("script=/etc/xen/scripts/vif-bridge.stock");
    await host.virsh("destroy", "stock");
});

test("libvirt by ssh", async () => {
    expect(await must("virsh", ["-q", "-c", host.sshUri, "list"])).toContain("Domain-0");
});

test("a forwarded port reaches the network of dom0 and its guests", async () => {
    const port = await host.forward("10.0.2.15", 22);
    const banner = await new Promise<string>((resolve, reject) => {
        const socket = connect(port, "127.0.0.1")
            .on("error", reject)
            .once("data", (chunk) => resolve(socket.destroy() && chunk.toString()));
    });
    expect(banner).toMatch(/^SSH-2.0-/);
});

test("each host is its own, knows the time, and leaves nothing", async () => {
    const other = await startXenHost();
    const [pid] = (await other.run("sh", "-c", "echo $$")).split("\n");
    expect(Number(pid)).toBeGreaterThan(0);
    expect((await other.exec("test", ["-e", "/var/lib/xen-host/kernel.elf"])).code).toBe(1);
    const earliest = Date.now() / 1000 - 5;
    const clock = Number(await other.run("date", "+%s"));
    expect(clock).toBeGreaterThan(earliest);
    expect(clock).toBeLessThan(Date.now() / 1000 + 5);
    await other.stop();
    expect(existsSync(other.sshConfig)).toBe(false);
    await expect(other.virsh("list")).rejects.toThrow(/refused/);
});
