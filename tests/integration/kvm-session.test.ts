import { chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { v5 } from "uuid";
import { renderDomain } from "../../backends/libvirt/devices";
import type { Host } from "../../backends/libvirt/host";
import { closeHosts, openHost } from "../../backends/libvirt/open";
import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";
import { UNPRIVILEGED } from "../support/ordinaryUser";
import { uuid as anyUuid, least, mark, variants } from "../unit/libvirt-xml/variants";

jest.setTimeout(900_000);

let machine: LibvirtHost;
let host: Host;

/** A session's daemon, as `qemu:///session` starts one: an ordinary user's, with the folders that XDG names. */
beforeAll(async () => {
    machine = await startLibvirtHost();
    const folders = ["run", "cache", "config", "data", "guests"].map((name) => join(machine.folder, "session", name));
    for (const folder of folders) mkdirSync(folder, { recursive: true, mode: 0o755 });
    for (const folder of [join(machine.folder, "session"), ...folders]) chownSync(folder, UNPRIVILEGED, UNPRIVILEGED);
    const [run, cache, config, data, guests] = folders;
    await machine.inside(
        "setpriv",
        `--reuid=${UNPRIVILEGED}`,
        `--regid=${UNPRIVILEGED}`,
        "--clear-groups",
        "env",
        "-i",
        "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
        `HOME=${join(machine.folder, "session")}`,
        `XDG_RUNTIME_DIR=${run}`,
        `XDG_CACHE_HOME=${cache}`,
        `XDG_CONFIG_HOME=${config}`,
        `XDG_DATA_HOME=${data}`,
        "libvirtd",
        "-d",
        "-p",
        join(run!, "libvirtd.pid"),
    );
    process.env.PULUMI_UNIKERNEL_DIR = guests;
    host = await openHost(`qemu+unix:///session?socket=${join(run!, "libvirt", "libvirt-sock")}`);
});
afterAll(async () => {
    delete process.env.PULUMI_UNIKERNEL_DIR;
    await closeHosts();
    await machine?.close();
});

test("it is a session", async () => {
    expect(await host.info()).toMatchObject({ session: true, local: true });
});

test.each(["disks", "user", "user-static", "users", "q35-session", "gdb", "qemu-args"])(
    "a session runs %s",
    async (name) => {
        const uuid = v5(name, anyUuid);
        const { testKernel } = await (await import("../guests/build.mjs")).buildTestKernels();
        await host.files.put(uuid, "kernel", [{ file: testKernel }], { mode: 0o644 });
        const variant =
            name === "q35-session"
                ? { machine: "q35", disks: variants.q35!.disks, interfaces: variants.user!.interfaces }
                : variants[name]!;
        for (const index of (variant.disks ?? []).keys())
            await host.files.put(uuid, `disk${index}`, [{ bytes: Buffer.alloc(1 << 20) }], { mode: 0o644 });
        const [kernel = "", log = "", ...paths] = await Promise.all(
            ["kernel", "console.log", "disk0", "disk1", "disk2"].map((file) => host.files.path(uuid, file)),
        );
        // In real life the files are that user's already: this process is root.
        for (const path of [join(kernel, ".."), kernel, ...paths.slice(0, variant.disks?.length ?? 0)])
            chownSync(path, UNPRIVILEGED, UNPRIVILEGED);
        const disks = (variant.disks ?? []).map((disk, index) => ({ ...disk, path: paths[index]! }));
        await host.domains.define(
            renderDomain(
                { ...least, ...variant, name, uuid, disks, boot: { kernel }, console: { log, append: true } },
                mark,
            ),
        );
        try {
            await host.domains.start(uuid, { paused: false });
            for (
                let tries = 0;
                tries < 100 && !(await host.files.read(uuid, "console.log", { length: 4096 })).includes("\n");
                tries++
            ) {
                await new Promise((resolve) => setTimeout(resolve, 50));
            }
            expect(await host.files.read(uuid, "console.log", { length: 4096 })).toContain(
                "rump kernel bare metal bootstrap",
            );
        } finally {
            await host.domains.destroy(uuid);
            await host.domains.undefine(uuid);
        }
    },
);

test("a session has no networks: that check refuses them is right", async () => {
    const uuid = v5("network", anyUuid);
    const { testKernel } = await (await import("../guests/build.mjs")).buildTestKernels();
    await host.files.put(uuid, "kernel", [{ file: testKernel }], { mode: 0o644 });
    const [kernel = "", log = ""] = await Promise.all(
        ["kernel", "console.log"].map((file) => host.files.path(uuid, file)),
    );
    chownSync(join(kernel, ".."), UNPRIVILEGED, UNPRIVILEGED);
    await machine.defineNatNetwork("default");
    await host.domains.define(
        renderDomain(
            { ...least, ...variants.network, name: "network", uuid, boot: { kernel }, console: { log, append: true } },
            mark,
        ),
    );
    await expect(host.domains.start(uuid, { paused: false })).rejects.toThrow(
        "no network with matching name 'default'",
    );
    await host.domains.undefine(uuid);
});
