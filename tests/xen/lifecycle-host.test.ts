import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { PlanOptions } from "../support/plans";
import { HANG_MS } from "../support/time";
import { openXenLifecycle, type XenLifecycle } from "../support/xenLifecycle";

jest.setTimeout(900_000);

const SLOW = "slowbr0";
/** libxl gives a script 40 s (LIBXL_HOTPLUG_TIMEOUT, libxl_internal.h), and nothing can tell it otherwise. */
const HANGS = `
cd /etc/xen/scripts; mv vif-bridge vif-bridge.quick
cat > vif-bridge <<'end'
#!/bin/sh
[ "$1" != online ] || [ "$(xenstore-read "$XENBUS_PATH/bridge")" != ${SLOW} ] || exec sleep 300
exec /etc/xen/scripts/vif-bridge.quick "$@"
end
chmod 755 vif-bridge; ip link add ${SLOW} type bridge`;

let its: XenLifecycle;
const local = mkdtempSync(join(tmpdir(), "xen-host-"));
const mac = "52:54:00:77:00:01";
let slow: PlanOptions;
let gaveUp: Promise<unknown>;
beforeAll(async () => {
    its = await openXenLifecycle();
    await its.host.run("sh", "-c", HANGS);
    slow = its.guest({ interfaces: [{ mac, attach: { bridge: SLOW } }] });
    gaveUp = its.create(slow).then(
        () => {
            throw new Error("it did not fail");
        },
        (error: unknown) => error,
    );
}, 900_000);
afterAll(async () => {
    rmSync(local, { recursive: true });
    await its?.close();
});

test("images of disks that were removed behind our back: the next up puts back those that the declaration holds, and refuses where data are lost", async () => {
    const kinds = ["read", "scratch", "persist"] as const;
    const guest = its.guest({
        guest: "raw",
        blocks: kinds.map((access) => {
            const path = join(local, `${access}.img`);
            writeFileSync(path, Buffer.alloc(64 * 1024, access));
            return { path, name: access, access };
        }),
    });
    const made = await its.create(guest);
    const files = await its.files(guest);
    await its.host.virsh("destroy", guest.name);
    await its.host.run("sh", "-c", `rm ${await its.folder(guest)}/*.img`);
    // libvirt says what it says about the loop device of the one that is read only; of the others, a start by hand would just leave them out.
    await expect(its.host.virsh("start", guest.name)).rejects.toThrow();
    expect(await its.observe(guest)).toMatchObject({ state: "stopped", drift: { state: "stopped" } });
    await expect(its.update(guest, guest)).rejects.toMatchObject({ code: "not-found", property: "blocks[2]" });
    // As from a backup.
    await its.host.put(
        join(local, "persist.img"),
        `${await its.folder(guest)}/${files.find((name) => name.startsWith("persist"))}`,
    );
    await its.update(guest, guest);
    expect(await its.observe(guest)).toEqual(made);
    expect(await its.files(guest)).toEqual(files);
    const begins = await its.host.run(
        "sh",
        "-c",
        `cd ${await its.folder(guest)}; for each in *.img; do head -c 4 $each; echo; done`,
    );
    expect(begins.split("\n")).toEqual(files.filter((name) => name.endsWith(".img")).map((name) => name.slice(0, 4)));
    await its.delete({ ...guest, deleteData: true });
    await its.expectNothing(guest);
});

/** The guest's number, once it has another one than this. */
async function renumbered(guest: PlanOptions, before: string): Promise<string> {
    for (const end = Date.now() + HANG_MS; ; ) {
        const now = await its.id(guest);
        if (now !== before && now !== "-") return now;
        if (Date.now() > end) throw new Error(`${guest.name} did not come back`);
    }
}

test("a guest that reboots is started again by its host, and stays the guest that was declared", async () => {
    const guest = its.guest({ guest: "raw", args: ["THEN=reboot", "THEN_AFTER=200"], onCrash: "restart" });
    await its.create(guest);
    const again = await renumbered(guest, await its.id(guest));
    expect(await its.observe(guest)).toMatchObject({ state: "running", drift: {}, unfinished: false });
    await renumbered(guest, again);
    expect(await its.update(guest, { ...guest, args: ["ACPI=on"] })).toMatchObject({
        state: "running",
        unfinished: false,
    });
    await its.delete(guest);
    await its.expectNothing(guest);
});

test("one that is told at each start is not started again untold: it is off, and the next up starts it with its configuration", async () => {
    const guest = its.guest({ args: ["one"], env: { THEN: "reboot", THEN_AFTER: "100" } });
    await its.create(guest);
    for (const end = Date.now() + HANG_MS; (await its.observe(guest))!.state !== "stopped"; )
        if (Date.now() > end) throw new Error("it did not reboot");
    expect(await its.observe(guest)).toMatchObject({ state: "stopped", drift: { state: "stopped" } });
    const next = { ...guest, env: {} };
    await its.update(guest, next);
    expect(await its.host.guestConsole(guest.name)).toMatch(/configured by xenstore[^]*argv\[1\] one/);
    expect(await its.observe(next)).toMatchObject({ state: "running", drift: {}, unfinished: false });
    await its.delete(next);
    await its.expectNothing(guest);
});

// It began before all others.
test("the host's script for an interface hangs: the error names the interface, and no half domain is left", async () => {
    expect(await gaveUp).toMatchObject({
        code: "timeout",
        property: "interfaces[0]",
        message: expect.stringContaining("vif-bridge") as string,
    });
    await its.expectNothing(slow);
    expect((await its.host.exec("xenstore-ls", ["/local/domain/0"])).stdout).not.toContain(mac);
});
