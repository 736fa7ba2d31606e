import { cp, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Stack } from "../support/engine";
import type { LibvirtHost } from "../support/libvirtHost";
import { startLibvirtHost } from "../support/libvirtHost";
import { Either } from "./either";

jest.setTimeout(900_000);

const repository = resolve(__dirname, "../..");

let host: LibvirtHost;
beforeAll(async () => {
    host = await startLibvirtHost();
});
afterAll(() => host.close());

async function link(target: string, path: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    await symlink(target, path);
}

/**
 * Lay the program out as pnpm does in a workspace: the program (`apps/shop`) has the library `@shop/web` alone, and the
 * library has this package, whose real folder is in the store.
 */
async function asWorkspace({ folder }: Stack): Promise<void> {
    const workspace = dirname(folder);
    const web = join(workspace, "packages/web");
    const store = join(workspace, "node_modules/.pnpm/pulumi-unikernel@0.1.0_@pulumi+pulumi@3.236.0/node_modules");
    await cp(join(repository, "dist"), join(store, "pulumi-unikernel/dist"), { recursive: true });
    await cp(join(repository, "package.json"), join(store, "pulumi-unikernel/package.json"));
    const { dependencies } = JSON.parse(await readFile(join(repository, "package.json"), "utf8"));
    for (const name of [...Object.keys(dependencies), "@pulumi/pulumi"])
        await link(join(repository, "node_modules", name), join(store, name));
    await mkdir(web, { recursive: true });
    await rename(join(folder, "index.js"), join(web, "index.js"));
    await link(join(store, "pulumi-unikernel"), join(web, "node_modules/pulumi-unikernel"));
    await link(join(repository, "node_modules/@pulumi/pulumi"), join(web, "node_modules/@pulumi/pulumi"));
    await writeFile(
        join(web, "package.json"),
        JSON.stringify({ name: "@shop/web", main: "index.js", dependencies: { "pulumi-unikernel": "*" } }),
    );
    await rm(join(folder, "node_modules/pulumi-unikernel"));
    await link("../../../packages/web", join(folder, "node_modules/@shop/web"));
    await writeFile(
        join(folder, "package.json"),
        JSON.stringify({ main: "index.js", dependencies: { "@pulumi/pulumi": "*", "@shop/web": "workspace:*" } }),
    );
    await writeFile(join(folder, "index.js"), 'module.exports = require("@shop/web");\n');
    // The library reads what the test declares from its own folder.
    await link(join(folder, "declared.json"), join(web, "declared.json"));
}

/** Return the texts by which the engine reaches the handlers of the program's resources, inputs and outputs alike. */
async function texts({ stack }: Either): Promise<unknown[]> {
    const { resources } = await stack.exportState();
    const ours = resources.filter(({ type }) => type.includes("unikernel:"));
    expect(ours).toHaveLength(3);
    return [...new Set(ours.flatMap(({ inputs, outputs }) => [inputs?.__provider, outputs?.__provider]))].sort();
}

const golden = (kind: string) => readFile(join(repository, `tests/unit/provider/golden/${kind}.cjs.txt`), "utf8");

test("a component library alone has the package; a program that gets it too changes nothing on the host", async () => {
    await Either.with(host, "workspace", async (either) => {
        const { stack } = either;
        await asWorkspace(stack);
        await either.declare(
            "dynamic",
            { web: { image: "pages", interfaces: [{ attach: { user: { forward: [{ guest: 80 }] } } }] } },
            { pages: { source: { "index.html": "hello" } } },
        );
        expect((await stack.up()).changes).toEqual({ create: 4 });
        const through = await texts(either);
        expect(through).toHaveLength(3);
        for (const text of through) expect(text).toContain('{ paths: [".","node_modules/@shop/web"] }');

        const before = { boots: await either.boots(), is: await either.identities() };
        const own = join(stack.folder, "node_modules/pulumi-unikernel");
        await symlink(repository, own);
        expect((await stack.up()).changes).toEqual({ same: 1, update: 3 });
        expect({ boots: await either.boots(), is: await either.identities() }).toEqual(before);
        expect(await texts(either)).toEqual(
            (await Promise.all(["blockImage", "networkInterface", "unikernel"].map(golden))).sort(),
        );

        await rm(own);
        expect((await stack.up()).changes).toEqual({ same: 1, update: 3 });
        expect({ boots: await either.boots(), is: await either.identities() }).toEqual(before);
        expect((await stack.destroy()).changes).toEqual({ delete: 4 });
    });
});
