import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createBackends } from "../../backends";
import { createLibvirtBackend, openHost, sshShellOf } from "../../backends/libvirt";
import { createXen, dom0AccessBy } from "../../backends/xen";
import { localXenstore } from "../../backends/xen/socket";
import { type PlanOptions, testPlan } from "../support/plans";
import { tlsFiles } from "../support/tls";
import { openXenLifecycle, XenLifecycle } from "../support/xenLifecycle";

jest.setTimeout(900_000);

const TLS_PORT = 16514;

let host: XenLifecycle;
/** As users have it: nothing of the tests' in between. */
let its: XenLifecycle;
const local = mkdtempSync(join(tmpdir(), "xen-connections-"));
const { PATH } = process.env;

beforeAll(async () => {
    host = await openXenLifecycle();
    its = new XenLifecycle(host.host, createBackends().xen!, host.kernel);
    // ssh reads the configuration of the user's account, whatever HOME says; so the test's stands in front.
    writeFileSync(join(local, "ssh"), `#!/bin/sh\nexec /usr/bin/ssh -F '${host.host.sshConfig}' "$@"\n`, {
        mode: 0o755,
    });
    process.env.PATH = `${local}:${PATH}`;
}, 900_000);
afterAll(async () => {
    process.env.PATH = PATH;
    await host?.close();
    rmSync(local, { recursive: true });
});

/** Created, seen, changed and gone. */
async function lives(guest: PlanOptions, { on = its, log }: { on?: XenLifecycle; log?: string } = {}): Promise<void> {
    const made = await on.create(guest);
    expect(made).toMatchObject({ state: "running", drift: {}, unfinished: false });
    expect(await on.observe(guest)).toEqual(made);
    const next = { ...guest, args: ["two", ...(guest.args?.slice(1) ?? [])] };
    expect(await on.update(guest, next)).toMatchObject({ state: "running", unfinished: false });
    expect(await host.host.guestSays(guest.name, "test kernel ready")).toContain("two");
    expect(await on.observe(next)).toMatchObject({ drift: {}, unfinished: false });
    await on.delete(next);
    // libvirt alone leads to no log of the host's.
    if (log) await host.host.run("rm", log);
    await on.expectNothing(guest);
}

test("xen+ssh by an alias of the user's ssh configuration", () =>
    lives(its.guest({ connection: "xen+ssh://xen-host/system", sshTarget: undefined })));

test("xen+tcp leads to libvirt alone; sshTarget, an alias of the user's, leads to dom0", async () => {
    await lives(its.guest({ sshTarget: "xen-host" }));
    const { spec, guest } = await testPlan(its.guest({ sshTarget: undefined }));
    expect(its.backend.check(spec, { guest })).toEqual([
        {
            property: "connection",
            reason: expect.stringMatching(
                /gets its configuration through xenstore, which xen\+tcp does not reach: set sshTarget/,
            ) as string,
        },
    ]);
    await expect(its.create(its.guest({ sshTarget: "nowhere.invalid" }))).rejects.toMatchObject({
        code: "unreachable",
        message: expect.stringContaining("nowhere.invalid") as string,
    });
});

test("xen+tls, with certificates of the user's own: a guest that is told nothing needs no way to dom0", async () => {
    const files = tlsFiles(join(local, "pki"), "127.0.0.1");
    for (const name of ["cacert.pem", "servercert.pem", "serverkey.pem"])
        await host.host.put(join(local, "pki", name), `/etc/pki/test/${name}`);
    const settings = [
        "listen_tls = 1",
        `tls_port = "${TLS_PORT}"`,
        'auth_tls = "none"',
        ...Object.entries({ ca_file: "cacert", cert_file: "servercert", key_file: "serverkey" }).map(
            ([key, name]) => `${key} = "/etc/pki/test/${name}.pem"`,
        ),
    ];
    await host.host.run(
        "sh",
        "-c",
        "sed -i '/^listen_tls/d' /etc/libvirt/libvirtd.conf && printf '%s\\n' \"$@\" >> /etc/libvirt/libvirtd.conf",
        "settings",
        ...settings,
    );
    // Its clock may be a little behind this machine's, by which the certificates are valid from now on.
    await host.host.run("date", "-u", "-s", `@${Math.round(Date.now() / 1000) + 60}`);
    await host.host.stopDaemon();
    await host.host.startDaemon();
    const port = await host.host.forward("10.0.2.15", TLS_PORT);
    const uri = (folder: string) => `xen+tls://127.0.0.1:${port}/system?pkipath=${encodeURIComponent(folder)}`;

    const guest = its.guest({
        connection: uri(files),
        sshTarget: undefined,
        guest: "raw",
        args: ["one", "READY_AFTER=100", "ACPI=on"],
    });
    await lives(guest, { log: `/var/log/xen/console/guest-${guest.name}.log` });
    await lives(its.guest({ connection: uri(files), sshTarget: "xen-host" }));
    const strange = tlsFiles(join(local, "strange"), "127.0.0.1");
    await expect(its.create({ ...guest, connection: uri(strange) })).rejects.toMatchObject({ code: "permission" });
});

test("xen:///system, in dom0 itself: libvirt's own socket, and xenstore's", async () => {
    const sockets = { libvirt: join(local, "libvirt-sock"), xenstore: join(local, "xenstore-sock") };
    const forwards = [`${sockets.libvirt}:/run/libvirt/libvirt-sock`, `${sockets.xenstore}:/run/xenstored/socket`];
    for (const forward of forwards)
        execFileSync("ssh", ["-F", host.host.sshConfig, "-O", "forward", "-L", forward, "xen-host"]);
    // This machine is not dom0: its files and logs are reached by ssh, and nothing else.
    const uri = "xen+ssh://xen-host/system";
    const { files } = await openHost(uri);
    const xenstore = localXenstore(sockets.xenstore);
    let asked = 0;
    const xen = createXen(() => ({
        ...dom0AccessBy(sshShellOf)({ uri }),
        xenstore: (messages) => {
            asked++;
            return xenstore(messages);
        },
    }));
    const backend = createLibvirtBackend(xen, async (connection) => ({ ...(await openHost(connection)), files }));
    await lives(host.guest({ connection: `xen:///system?socket=${sockets.libvirt}`, sshTarget: undefined }), {
        on: new XenLifecycle(host.host, backend, host.kernel),
    });
    expect(asked).toBeGreaterThan(2);
});
