import { randomUUID } from "node:crypto";
import { join } from "node:path";

import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";

jest.setTimeout(900_000);

let machine: LibvirtHost;
beforeAll(async () => {
    machine = await startLibvirtHost();
});
afterAll(() => machine?.close());

/** Runs where the daemon lives, which alone sees the small file system. */
async function inside(body: string): Promise<unknown> {
    const dist = join(process.cwd(), "dist", "backends", "libvirt");
    const out = await machine.inside(
        process.execPath,
        "-e",
        `
        const { LocalFiles, VolumeFiles } = require(${JSON.stringify(join(dist, "files"))});
        const { closeClient } = require(${JSON.stringify(join(dist, "client"))});
        (async () => { ${body} })().then((result) => console.log(JSON.stringify(result))).finally(closeClient);`,
    );
    return JSON.parse(out);
}

test.each(["LocalFiles(base)", "VolumeFiles(uri, base)"])("a full disk: new %s", async (files) => {
    const base = join(machine.folder, "guests", files.split("(")[0]!),
        uuid = randomUUID();
    await machine.inside("mkdir", base);
    await machine.inside("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", base);
    expect(
        await inside(`
        const base = ${JSON.stringify(base)}, uri = ${JSON.stringify(machine.uri)};
        const files = new ${files};
        await files.put("${uuid}", "small", [{ bytes: Buffer.alloc(1000, 1) }], { mode: 0o644 });
        const error = await files.put("${uuid}", "big", [{ bytes: Buffer.alloc(1 << 20, 1) }], { mode: 0o644 }).catch((error) => error);
        await files.put("${uuid}", "other", [{ bytes: Buffer.alloc(1000, 1) }], { mode: 0o644 });
        return { code: error.code, hint: error.hint, left: await files.list("${uuid}"), all: require("node:fs").readdirSync(base + "/${uuid}").sort() };
    `),
    ).toEqual({
        code: "no-space",
        hint: expect.stringMatching(/free some space/),
        left: [
            { name: "other", size: 1000 },
            { name: "small", size: 1000 },
        ],
        all: ["other", "small"],
    });
});

test("a folder that this process may not write: permission, with the command that helps", async () => {
    const base = join(machine.folder, "guests", "read-only");
    await machine.inside("mkdir", base);
    await machine.inside("mount", "-t", "tmpfs", "-o", "ro", "tmpfs", base);
    expect(
        await inside(`
        const error = await new LocalFiles(${JSON.stringify(base)}).put("${randomUUID()}", "x", [], { mode: 0o644 }).catch((error) => error);
        return { code: error.code, hint: error.hint };
    `),
    ).toEqual({ code: "permission", hint: expect.stringContaining("sudo install -d -m 0711") });
});
