import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openXenLifecycle, type XenLifecycle } from "../support/xenLifecycle";

jest.setTimeout(900_000);

let its: XenLifecycle;
beforeAll(async () => {
    its = await openXenLifecycle();
}, 900_000);
afterAll(() => its?.close());

const gdb = { port: 4711, address: "0.0.0.0" };

test("Debian's hypervisor has no support for gdbsx, and a host may lack that program: both are said, and nothing is left", async () => {
    const guest = its.guest({ gdb });
    await expect(its.create(guest)).rejects.toMatchObject({
        code: "unsupported",
        property: "gdb",
        message: expect.stringContaining("without support for gdbsx") as string,
        hint: expect.stringContaining("CONFIG_GDBSX") as string,
    });
    await its.expectNothing(guest);
    expect(await servers()).toEqual([]);
    await its.host.run("mv", "/usr/sbin/gdbsx", "/root/");
    await expect(its.create(guest)).rejects.toMatchObject({
        code: "program-missing",
        property: "gdb",
        hint: expect.stringContaining("xen-utils-common") as string,
    });
    await its.expectNothing(guest);
});

/** Stands in for gdbsx, which ends at once on Debian's hypervisor: it listens where gdbsx would, and debugs nothing. What is proven is that one server comes and goes with its guest. */
const STAND_IN = `#!/usr/bin/python3
import socket, sys, time
if sys.argv[4] == "4712": sys.exit("attach failed")
listener = socket.create_server(("", int(sys.argv[4])))
time.sleep(600)
`;
const servers = async () =>
    (await its.host.run("sh", "-c", "pgrep -af 'gdbs[x] -a' | cut -d' ' -f3-; ls /run/pulumi-unikernel; true"))
        .split("\n")
        .filter(Boolean);

test("a gdb server for the guest's number: one after a restart, none after a delete, and without it no guest", async () => {
    const local = mkdtempSync(join(tmpdir(), "xen-gdb-"));
    writeFileSync(join(local, "gdbsx"), STAND_IN);
    await its.host.put(join(local, "gdbsx"), "/usr/local/sbin/gdbsx").finally(() => rmSync(local, { recursive: true }));
    await its.host.run("chmod", "755", "/usr/local/sbin/gdbsx");

    const guest = its.guest({ gdb });
    const { uuid } = await its.create(guest).then(async () => ({ uuid: await its.host.virsh("domuuid", guest.name) }));
    const served = async () => [
        `/usr/local/sbin/gdbsx -a ${await its.id(guest)} 64 4711`,
        `${uuid}.gdb`,
        `${uuid}.gdb.log`,
    ];
    expect(await servers()).toEqual(await served());
    const next = { ...guest, args: ["two"] };
    expect(await its.update(guest, next)).toMatchObject({ state: "running", drift: {}, unfinished: false });
    expect(await servers()).toEqual(await served());

    await expect(its.update(next, { ...next, gdb: { ...gdb, port: 4712 } })).rejects.toMatchObject({
        code: "rolled-back",
        property: "gdb.port",
        message: expect.stringMatching(
            /could not get its gdb port and was destroyed before it ran: .*gdbsx did not open port 4712: .*attach failed/,
        ) as string,
    });
    expect(await servers()).toEqual(await served());
    expect(await its.host.guestConsole(guest.name)).toContain("argv[1] two");
    await its.update(next, { ...next, gdb: undefined });
    expect(await servers()).toEqual([]);

    await its.update({ ...next, gdb: undefined }, next);
    expect(await servers()).toEqual(await served());
    await its.host.run("xl", "destroy", guest.name);
    await its.delete(next);
    expect(await servers()).toEqual([]);
    await its.expectNothing(guest);
});
