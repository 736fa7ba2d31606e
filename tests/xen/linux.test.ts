import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { nginxGuest } from "../support/linuxGuest";
import { type PlanOptions, testContext } from "../support/plans";
import { until } from "../support/processes";
import { openXenLifecycle, type XenLifecycle } from "../support/xenLifecycle";

jest.setTimeout(900_000);

let its: XenLifecycle;
let guest: PlanOptions;
let port: number;
const local = mkdtempSync(join(tmpdir(), "xen-linux-"));

const ADDRESS = "10.0.2.60";
/** Counts its boots on the disk that it keeps, says on a page what it finds, and once starts itself again. */
const PROGRAM = `
boots=$(($(cat /keep/boots 2> /dev/null || echo 0) + 1)); echo $boots > /keep/boots
page=/srv/page
echo "boot $boots, \${STEP}, $(nproc) processors" > $page
cat /shared/word >> $page
touch /shared/mine 2> /dev/null || echo "shared is read-only" >> $page
[ -e /scratch/mine ] || echo "scratch is fresh" >> $page
touch /scratch/mine; sync
echo "boot $boots is up"
[ "$STEP $boots" != "reboot 2" ] || busybox reboot -f
exec nginx`;

function disk(name: string): string {
    const [folder, image] = [join(local, name), join(local, `${name}.img`)];
    mkdirSync(folder);
    writeFileSync(join(folder, "word"), `word of ${name}\n`);
    execFileSync("mke2fs", ["-q", "-t", "ext2", "-d", folder, image, "1M"]);
    return image;
}

beforeAll(async () => {
    its = await openXenLifecycle();
    guest = its.guest({
        ...(await nginxGuest("xen")),
        guest: "linux",
        args: ["sh", "-c", PROGRAM],
        env: { STEP: "first" },
        hostname: "web",
        memory: 112,
        maxMemory: 160,
        onCrash: "restart",
        readiness: { console: "is up", timeout: 90 },
        shutdownTimeout: 40,
        interfaces: [{ mac: "52:54:00:77:00:01", attach: { bridge: "xenbr0" }, ipv4: { address: `${ADDRESS}/24` } }],
        blocks: [
            { path: disk("shared"), name: "shared", mount: "/shared" },
            { path: disk("scratch"), name: "scratch", mount: "/scratch", access: "scratch" },
            { path: disk("keep"), name: "keep", mount: "/keep", access: "persist" },
        ],
    });
    port = await its.host.forward(ADDRESS, 80);
}, 900_000);
afterAll(async () => {
    rmSync(local, { recursive: true });
    await its?.close();
});

async function page(): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${port}/page`, { signal: AbortSignal.timeout(2000) });
    return response.ok ? response.text() : "";
}

/** The page of this boot, once the guest serves it. */
async function served(boot: number): Promise<string> {
    await its.host.guestSays(guest.name, `boot ${boot} is up`);
    let now = "";
    await until(async () => (now = await page().catch(() => "")) !== "");
    return now;
}

/** MiB, as Xen counts them. */
const memory = async () => Number((await its.host.run("xl", "list", guest.name)).split("\n")[1]!.split(/\s+/)[2]);

test("a Linux guest is created, and finds its disks with the access that was declared", async () => {
    const made = await its.create(guest);
    expect(made).toMatchObject({ state: "running", drift: {}, unfinished: false });
    expect(await served(1)).toBe(
        "boot 1, first, 1 processors\nword of shared\nshared is read-only\nscratch is fresh\n",
    );
    expect(await its.observe(guest)).toEqual(made);
});

test("memory below maxMemory comes and goes by the balloon, and a pause ends where it began", async () => {
    const before = await its.id(guest);
    for (const wanted of [144, 104]) {
        const next = { ...guest, memory: wanted };
        await its.update(guest, next, testContext(), { consequence: "live", properties: ["memory"] });
        guest = next;
        await until(async () => (await memory()) === wanted);
        expect(await its.observe(guest)).toMatchObject({ drift: {}, unfinished: false });
    }
    await its.update(guest, { ...guest, state: "paused" });
    expect(await its.host.run("xl", "list", guest.name)).toMatch(/ -[b-]p--- /);
    await its.update({ ...guest, state: "paused" }, guest);
    expect(await page()).toContain("boot 1, first");
    expect(await its.id(guest)).toBe(before);
});

test("a restart: heard as a shutdown, with more processors and memory, what was kept is kept; and a guest that starts itself again is told the same", async () => {
    const next = { ...guest, env: { STEP: "reboot" }, vcpus: 2, memory: 176, maxMemory: 208, autostart: true };
    const before = await its.id(guest);
    await its.update(guest, next);
    guest = next;
    expect(await its.host.run("cat", `/var/log/xen/console/guest-${guest.name}.log.last`)).toMatch(
        /shutting down ===[^]*application exited with status 0/,
    );
    expect(await served(3)).toBe("boot 3, reboot, 2 processors\nword of shared\nshared is read-only\n");
    expect(Number(await its.id(guest))).toBe(Number(before) + 2);
    expect(await memory()).toBe(176);
    expect(await its.observe(guest)).toMatchObject({ state: "running", drift: {}, unfinished: false });
});

test("after the host's own boot, a guest with autostart is back with its configuration; one that nobody could tell it to is reported, and restarted", async () => {
    const told = its.guest({ args: ["word"] });
    await its.create(told);
    await its.host.virsh("autostart", told.name);
    await bootHost();
    expect(await its.observe(guest)).toMatchObject({ state: "running", drift: {}, unfinished: false });
    expect(await served(4)).toContain("boot 4, reboot, 2 processors");

    expect(await its.observe(told)).toMatchObject({
        state: "running",
        drift: { autostart: true, configuration: "none" },
    });
    expect(await its.host.store(told.name, "rumprun/cfg")).toBeUndefined();
    expect(await its.update(told, told)).toMatchObject({ state: "running", drift: {}, unfinished: false });
    expect(await its.host.guestConsole(told.name)).toContain("argv[1] word");
    expect(await its.host.virsh("dominfo", told.name)).toMatch(/Autostart: +disable/);
    await its.delete(told);
    await its.expectNothing(told);
});

test("a delete is heard as a shutdown, and ends long before force would be used", async () => {
    const force = 600;
    const begin = performance.now();
    await its.delete({ ...guest, shutdownTimeout: force, deleteData: true });
    expect(performance.now() - begin).toBeLessThan(force * 1000);
    await its.expectNothing(guest);
});

/** What a host's boot leaves of its guests: their definitions. libvirt starts those with autostart once for each of them (virDriverShouldAutostart). */
async function bootHost(): Promise<void> {
    await its.host.stopDaemon();
    await its.host.run(
        "sh",
        "-c",
        "xl list | awk 'NR > 2 { print $2 }' | xargs -n 1 xl destroy; rm -rf /run/libvirt/libxl/*",
    );
    await its.host.startDaemon();
}
