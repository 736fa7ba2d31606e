import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { type LibvirtHost, startLibvirtHost, sweepLibvirtHosts } from "../support/libvirtHost";
import { tinyDomain } from "../support/tinyDomain";

jest.setTimeout(900_000);

let hosts: LibvirtHost[] = [];
afterEach(async () => {
    await Promise.all(hosts.map((host) => host.close()));
    hosts = [];
});

test("two hosts at once: own uuids, domains, networks and addresses; nothing is left", async () => {
    hosts = await Promise.all([startLibvirtHost(), startLibvirtHost()]);
    for (const host of hosts) {
        const network = await host.defineNatNetwork("net0", { subnet: "192.168.150" });
        await writeFile(join(host.folder, "dom.xml"), tinyDomain({ name: "same" }));
        await host.virsh("define", join(host.folder, "dom.xml"));
        await host.virsh("start", "same");
        expect(await host.virsh("domstate", "same")).toBe("running");
        expect(await host.virsh("capabilities")).toContain(host.uuid);
        expect((await host.exec("ip", ["-4", "-o", "address", "show", network.bridge])).stdout).toContain(
            "192.168.150.1/24",
        );
        const ps = await host.exec("ip", ["netns", "pids", host.netns]);
        const users = spawnSync("ps", ["-o", "user:20=,comm=", "-p", ps.stdout.trim().split("\n").join(",")], {
            encoding: "utf8",
        }).stdout;
        expect(users).toMatch(/^libvirt-qemu +qemu-system/m);
    }
    const closed = hosts;
    await Promise.all(hosts.map((host) => host.close()));
    hosts = [];
    for (const host of closed) {
        expect(existsSync(host.folder)).toBe(false);
        expect(existsSync(join("/run/netns", host.netns))).toBe(false);
    }
});

test("a domain outlives its daemon's death", async () => {
    const host = await startLibvirtHost();
    hosts = [host];
    await writeFile(join(host.folder, "dom.xml"), tinyDomain({ name: "survivor" }));
    await host.virsh("create", join(host.folder, "dom.xml"));
    const id = await host.virsh("domid", "survivor");
    await host.killDaemon();
    await expect(host.virsh("list")).rejects.toThrow();
    await host.startDaemon();
    expect(await host.virsh("domid", "survivor")).toBe(id);
});

test("the sweeper removes a killed run's host and no living one's", async () => {
    const host = await startLibvirtHost();
    hosts = [host];
    const dead = spawnSync("true").pid;
    const name = `puk-test-${dead}-swept`;
    spawnSync("ip", ["netns", "add", name]);
    await sweepLibvirtHosts();
    expect(existsSync(join("/run/netns", name))).toBe(false);
    expect(existsSync(join("/run/netns", host.netns))).toBe(true);
});
