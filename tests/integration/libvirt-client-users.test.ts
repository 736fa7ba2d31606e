import { randomUUID } from "node:crypto";
import { chownSync, mkdirSync } from "node:fs";
import { chmod, mkdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";
import { asUser, repositorySeen, sessionHome, UNPRIVILEGED } from "../support/ordinaryUser";
import { tinyDomain } from "../support/tinyDomain";

jest.setTimeout(900_000);

let machine: LibvirtHost;
beforeAll(async () => {
    // Stands for membership in the group libvirt: the daemon's socket is open to all, in this host only.
    machine = await startLibvirtHost({ socketMode: "0777" });
});
afterAll(() => machine?.close());

/** Run a program over `openHost` as a user. @returns the JSON document that it printed, or its error's code and hint */
function overHost(uid: number, uri: string, body: string, environment: Record<string, string>): Promise<unknown> {
    const program = `
        const { openHost, closeHosts } = require(${JSON.stringify(join(repositorySeen(machine), "dist", "backends", "libvirt", "open.js"))});
        (async () => {
            const host = await openHost(${JSON.stringify(uri)}, { timeouts: { connect: 30000 } });
            ${body}
        })().then((result) => console.log(JSON.stringify(result ?? null)), ({ code, message, hint }) => console.log(JSON.stringify({ code, message, hint })))
            .finally(closeHosts);`;
    return asUser(machine, uid, ["-e", program], environment);
}

test("a user who may use qemu:///system without being root: files as volumes, the console by libvirt", async () => {
    const uuid = randomUUID();
    const base = join(machine.folder, "guests", "owned-by-root");
    await mkdir(base, { mode: 0o711 });
    const xml = tinyDomain({
        name: "users",
        uuid,
        devices: `<serial type='pty'><log file='${base}/${uuid}/console.log' append='off'/></serial>`,
    });
    expect(
        await overHost(
            UNPRIVILEGED,
            machine.uri,
            `
        await host.files.put("${uuid}", "kernel", [{ bytes: Buffer.from("kernel") }], { mode: 0o644 });
        await host.domains.define(${JSON.stringify(xml)});
        await host.domains.start("${uuid}", { paused: false });
        const log = await host.files.read("${uuid}", "console.log", { length: 100 });
        const console = await host.domains.readConsole("${uuid}", 100);
        await host.domains.destroy("${uuid}");
        await host.domains.undefine("${uuid}");
        const files = await host.files.list("${uuid}");
        for (const { name } of files) await host.files.remove("${uuid}", name);
        await host.files.removeFolder("${uuid}");
        return { log, console, files, info: (await host.info()).session };
    `,
            { PULUMI_UNIKERNEL_DIR: base, HOME: "/nonexistent" },
        ),
    ).toEqual({
        log: "",
        console: "",
        files: [
            { name: "console.log", size: 0 },
            { name: "kernel", size: 6 },
        ],
        info: false,
    });
    await expect(stat(join(base, uuid))).rejects.toThrow("ENOENT");
    expect(await machine.virsh("pool-list", "--all", "--name")).toBe("");
});

test("a user who owns the folder: files directly, and root's console log through the daemon", async () => {
    const uuid = randomUUID();
    const base = join(machine.folder, "guests", "owned-by-user");
    mkdirSync(base);
    chownSync(base, UNPRIVILEGED, UNPRIVILEGED);
    const xml = tinyDomain({
        name: "owner",
        uuid,
        devices: `<serial type='pty'><log file='${base}/${uuid}/console.log' append='off'/></serial>`,
    });
    expect(
        await overHost(
            UNPRIVILEGED,
            machine.uri,
            `
        await host.files.put("${uuid}", "kernel", [{ bytes: Buffer.from("kernel") }], { mode: 0o644 });
        const owner = require("node:fs").statSync(await host.files.path("${uuid}", "kernel")).uid;
        await host.domains.define(${JSON.stringify(xml)});
        await host.domains.start("${uuid}", { paused: false });
        const log = await host.files.read("${uuid}", "console.log", { length: 100 });
        await host.domains.destroy("${uuid}");
        await host.domains.undefine("${uuid}");
        for (const { name } of await host.files.list("${uuid}")) await host.files.remove("${uuid}", name);
        await host.files.removeFolder("${uuid}");
        return { owner, log };
    `,
            { PULUMI_UNIKERNEL_DIR: base, HOME: "/nonexistent" },
        ),
    ).toEqual({ owner: UNPRIVILEGED, log: "" });
    await expect(stat(join(base, uuid))).rejects.toThrow("ENOENT");
    expect(await machine.virsh("pool-list", "--all", "--name")).toBe("");
});

test("no permission on the socket: permission, with the command that gives it", async () => {
    await chmod(machine.socket, 0o700);
    try {
        expect(
            await overHost(UNPRIVILEGED, machine.uri, "return host.domains.list();", { HOME: "/nonexistent" }),
        ).toMatchObject({
            code: "permission",
            hint: expect.stringContaining("usermod -aG libvirt"),
        });
    } finally {
        await chmod(machine.socket, 0o777);
    }
});

test("qemu:///session: the daemon starts by itself, files go to the user's data folder", async () => {
    const home = join(machine.folder, "home"),
        uuid = randomUUID();
    const environment = await sessionHome(home, UNPRIVILEGED);
    const seen = await overHost(
        UNPRIVILEGED,
        "qemu:///session",
        `
        const info = await host.info();
        await host.files.put("${uuid}", "kernel", [{ bytes: Buffer.from("kernel") }], { mode: 0o644 });
        await host.domains.define(${JSON.stringify(tinyDomain({ name: "session", uuid }))});
        await host.domains.start("${uuid}", { paused: false });
        const { state } = await host.domains.state("${uuid}");
        await host.domains.destroy("${uuid}");
        await host.domains.undefine("${uuid}");
        return { session: info.session, local: info.local, state, path: await host.files.path("${uuid}", "kernel") };
    `,
        environment,
    );
    expect(seen).toEqual({
        session: true,
        local: true,
        state: "running",
        path: join(home, ".local/share/pulumi-unikernel", uuid, "kernel"),
    });
});

test("qemu:///session as root, which libvirt leads to the system's daemon: the error says so", async () => {
    expect(await overHost(0, "qemu:///session", "return host.domains.list();", { HOME: machine.folder })).toMatchObject(
        {
            code: "unreachable",
            hint: expect.stringContaining("use qemu:///system"),
        },
    );
});
