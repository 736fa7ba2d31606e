import { createHash } from "node:crypto";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Stack } from "../support/engine";
import { withStack } from "../support/engine";
import type { LibvirtHost } from "../support/libvirtHost";
import { startLibvirtHost } from "../support/libvirtHost";
import { nginxGuest } from "./guests";

jest.setTimeout(900_000);

let host: LibvirtHost;
let guest: string;
const EXAMPLES = join(__dirname, "../../examples");
beforeAll(async () => {
    guest = await nginxGuest();
    host = await startLibvirtHost();
    await host.defineNatNetwork("default", { subnet: "192.168.122" });
});
afterAll(() => host.close());

async function run(
    program: string,
    body: (stack: Stack) => Promise<void>,
    config: Record<string, string> = {},
): Promise<void> {
    await withStack(program, "test", body, {
        enter: host.enter,
        env: { ...host.env },
        config: { connection: host.uri, guest, ...config },
        parallel: 3,
    });
    expect(await host.virsh("list", "--all", "--name")).toBe("");
    expect(await host.virsh("net-dumpxml", "default")).not.toContain("<host ");
}

async function page(url: string): Promise<string> {
    const { stdout, code } = await host.exec("curl", ["--silent", "--show-error", "--fail", "--max-time", "20", url]);
    if (code !== 0) throw new Error(`no answer from ${url}`);
    return stdout;
}

/** Examples whose whole life is one `pulumi up`, by the form in which their programs are in `programs/examples`. */
const SIMPLE = ["one-guest", "static-addresses", "two-interfaces", "secret-env"];

/** Put an example into a program of several: its resources get names of their own. */
async function add(name: string, folder: string): Promise<void> {
    const target = join(folder, name);
    await cp(join(EXAMPLES, name), target, { recursive: true, filter: (file) => !file.endsWith("node_modules") });
    const program = await readFile(join(target, "index.ts"), "utf8");
    await writeFile(
        join(target, "index.ts"),
        program.replaceAll(/new (Unikernel|NetworkInterface)\("/g, (text) => `${text}${name}-`),
    );
}

// `nginx-fleet` and `shared-image` are run as they are; what the others have beside their programs must be the same.
test.each(SIMPLE)("%s is a project like the examples that are run alone", async (name) => {
    const read = (example: string, file: string) => readFile(join(EXAMPLES, example, file), "utf8");
    expect(await read(name, "Pulumi.yaml")).toMatch(
        new RegExp(`^name: ${name}\\ndescription: ".+"\\nruntime: nodejs\\n$`),
    );
    for (const file of ["package.json", "tsconfig.json"])
        expect(await read(name, file)).toBe((await read("nginx-fleet", file)).replace("nginx-fleet", name));
});

test("one-guest: a page from a port that the package chose; static-addresses: one reserved, one configured in the guest; two-interfaces: reached by both; secret-env: the guest has it, and says only its digest", async () => {
    await run("tests/e2e/programs/examples", async (stack) => {
        for (const name of SIMPLE) await add(name, stack.folder);
        await stack.config("token", "s3cret-t0ken", { secret: true });
        const up = await stack.up();
        const outputs = await stack.outputs<{
            "one-guest": { url: string };
            "static-addresses": { addresses: string[] };
            "two-interfaces": { url: string; addresses: string[]; macs: string[] };
            "secret-env": { url: string; guestConfig: string };
        }>();

        expect(await page(outputs["one-guest"].url)).toContain("This guest runs");

        const { addresses } = outputs["static-addresses"];
        expect(addresses).toEqual(["192.168.122.10", "192.168.122.11"]);
        for (const address of addresses) expect(await page(`http://${address}/`)).toContain("This guest runs");
        expect(await host.virsh("net-dumpxml", "default")).toMatch(
            /<host mac='52:54:00:[0-9a-f:]+'.* ip='192\.168\.122\.10'\/>/,
        );

        const two = outputs["two-interfaces"];
        expect(new Set(two.macs).size).toBe(2);
        for (const url of [two.url, `http://${two.addresses[1]}/`])
            expect(await page(url)).toContain("This guest runs");

        const { url, guestConfig } = outputs["secret-env"];
        expect(await page(url)).toContain(createHash("sha256").update("s3cret-t0ken").digest("hex"));
        expect(guestConfig).toMatch(/TOKEN=.*secret/);
        for (const text of [up.text, guestConfig, (await stack.exportState()).text])
            expect(text).not.toContain("s3cret-t0ken");
    });
});

// Another size: tests/e2e/life.test.ts, and for fleets tests/plugin/fleet.test.ts.
test("nginx-fleet: pages, a redeploy in batches", async () => {
    await run(
        "examples/nginx-fleet",
        async (stack) => {
            await stack.up();
            const { urls } = await stack.outputs<{ urls: string[] }>();
            expect(urls).toHaveLength(2);
            for (const [index, url] of urls.entries())
                expect(await page(url)).toContain(`<h1>Hello from web-${index}</h1>`);

            const file = join(stack.folder, "data/html/index.html");
            await writeFile(file, (await readFile(file, "utf8")).replace("Edit this page", "Edited"));
            await stack.config("greeting", "Good day");
            const redeploy = await stack.up();
            const updated = redeploy.steps
                .filter(({ type }) => type.endsWith(":Unikernel"))
                .map(({ urn }) => urn.split("::").pop());
            expect(updated).toEqual(["web-0", "web-1"]);
            for (const url of urls) expect(await page(url)).toMatch(/Good day from web-.*Edited/s);
            const { resources } = await stack.exportState();
            for (const { type, outputs } of resources)
                if (type.endsWith(":Unikernel"))
                    expect(outputs!.consequence).toBe("restart: env.GREETING, /data/html/index.html");
        },
        { count: "2", maxUnavailable: "1" },
    );
});

test("shared-image: what each guest writes stays with it, as long as it was told to", async () => {
    await run("examples/shared-image", async (stack) => {
        await stack.up();
        const { urls } = await stack.outputs<{ urls: [string, string, string] }>();
        const starts = async () =>
            Promise.all(
                urls.map(
                    async (url) => (await page(`${url}starts`).catch(() => "")).split("\n").filter(Boolean).length,
                ),
            );
        for (const url of urls) expect(await page(url)).toContain("One image, three guests");
        expect(await starts()).toEqual([0, 1, 1]);

        // A restart keeps it, too: tests/e2e/upgrade.test.ts and tests/integration/lifecycle-disks.test.ts. A replacement deletes first:
        // even with deleteData, what is kept must outlive it.
        const { resources } = await stack.exportState();
        const targets = resources
            .filter(({ type }) => type.endsWith(":Unikernel"))
            .flatMap(({ urn }) => ["--target-replace", urn]);
        expect((await stack.up({ args: targets })).steps.map(({ op }) => op)).toContain("replace");
        expect(await starts()).toEqual([0, 1, 2]);
    });
});
