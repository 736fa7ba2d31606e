import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";

import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";
import { tinyDomain } from "../support/tinyDomain";

jest.setTimeout(900_000);

let machine: LibvirtHost;
beforeAll(async () => {
    machine = await startLibvirtHost({ tcp: true });
});
afterAll(() => machine?.close());

async function through(uri: string, body: string): Promise<unknown> {
    const program = `
        const { openHost, closeHosts } = require(${JSON.stringify(join(process.cwd(), "dist", "backends", "libvirt", "open.js"))});
        (async () => { const host = await openHost(${JSON.stringify(uri)}); ${body} })()
            .then((result) => console.log(JSON.stringify(result ?? null)), ({ code, message, hint }) => console.log(JSON.stringify({ code, message, hint })))
            .finally(closeHosts);`;
    const { stdout, stderr } = await machine.exec(process.execPath, ["-e", program], {
        env: { PULUMI_UNIKERNEL_DIR: join(machine.folder, "guests") },
    });
    if (!stdout) throw new Error(stderr);
    return JSON.parse(stdout);
}

test("a host behind a network: a guest's life, its files through libvirt alone", async () => {
    const uuid = randomUUID();
    const kernel = join(machine.folder, "guests", uuid, "kernel");
    expect(
        await through(
            "qemu+tcp://127.0.0.1/system",
            `
        const { local, uuid } = await host.info();
        await host.files.put("${uuid}", "kernel", [{ file: process.execPath }], { mode: 0o644 });
        await host.domains.define(${JSON.stringify(tinyDomain({ name: "far", uuid, devices: "<serial type='pty'/>" }))});
        await host.domains.start("${uuid}", { paused: false });
        const { state } = await host.domains.state("${uuid}");
        const digest = await host.files.digest("${uuid}", "kernel");
        const own = require("node:crypto").createHash("sha256").update(require("node:fs").readFileSync(process.execPath)).digest("hex");
        const many = await Promise.all(Array.from({ length: 50 }, () => host.domains.state("${uuid}")));
        await host.domains.destroy("${uuid}");
        await host.domains.undefine("${uuid}");
        return { local, uuid, state, same: digest === own, path: await host.files.path("${uuid}", "kernel"), many: many.length };
    `,
        ),
    ).toEqual({ local: false, uuid: machine.uuid, state: "running", same: true, path: kernel, many: 50 });
    expect((await stat(kernel)).mode & 0o777).toBe(0o644);
    await through(
        "qemu+tcp://127.0.0.1/system",
        `await host.files.remove("${uuid}", "kernel"); await host.files.removeFolder("${uuid}");`,
    );
    expect(existsSync(join(machine.folder, "guests", uuid))).toBe(false);
    expect(await machine.virsh("pool-list", "--all", "--name")).toBe("");
});

test("a host that refuses, and one whose name nobody knows, are unreachable", async () => {
    for (const [uri, hint] of [
        ["qemu+tcp://127.0.0.1:9/system", "virsh -c"],
        ["qemu+ssh://nowhere.invalid/system", "ssh nowhere.invalid virsh"],
    ]) {
        expect(await through(uri!, "return host.domains.list();")).toMatchObject({
            code: "unreachable",
            hint: expect.stringContaining(hint!),
        });
    }
});
