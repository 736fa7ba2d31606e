import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

import { type Stack, withStack } from "../support/engine";
import { LONG } from "../support/killed";
import { nginxGuest } from "../support/linuxGuest";
import { HANG_MS } from "../support/time";
import { startXenHost, type XenHost } from "../support/xenHost";

jest.setTimeout(900_000);

let host: XenHost;
let guest: string;
let scratch: string;
beforeAll(async () => {
    guest = dirname(dirname((await nginxGuest("xen")).kernel));
    scratch = await mkdtemp(join(tmpdir(), "pulumi-unikernel-xen-"));
    host = await startXenHost();
}, 900_000);
afterAll(async () => {
    await rm(scratch, { recursive: true, force: true });
    await host?.stop();
});

/** What Xen says of each guest: "NAME ID" in its order. */
async function running(): Promise<string[]> {
    const rows = (await host.run("xl", "list"))
        .split("\n")
        .slice(1)
        .map((row) => row.split(/\s+/).slice(0, 2));
    return rows.filter(([name]) => name !== "Domain-0").map((row) => row.join(" "));
}

async function identities(names: string[]): Promise<string[]> {
    const each = await Promise.all(names.map((name) => host.virsh("dumpxml", name)));
    return each.map((xml) => `${/<uuid>(.*)<\/uuid>/.exec(xml)![1]} ${/<mac address='(.*)'\/>/.exec(xml)![1]}`);
}

/** Ready is, by its console, a guest whose program is being started; its address and its page come a moment later. */
async function soon<T>(work: () => Promise<T | undefined>): Promise<T> {
    for (const end = Date.now() + HANG_MS; ; await new Promise((resolve) => setTimeout(resolve, 200))) {
        const found = await work().catch(() => undefined);
        if (found !== undefined) return found;
        if (Date.now() > end) throw new Error(`no answer within ${HANG_MS / 1000} s`);
    }
}

async function page(port: number): Promise<string> {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(5000) });
    return answer.text();
}

async function change(stack: Stack, file: string, from: string, to: string): Promise<void> {
    const path = join(stack.folder, file);
    const before = await readFile(path, "utf8");
    expect(before).toContain(from);
    await writeFile(path, before.replace(from, to));
}

/** The tests' host itself, in the long run: beside guests that use vector registers, those of dom0's programs are their own. */
async function keepingRegisters<T>(work: () => Promise<T>): Promise<T> {
    const program = join(scratch, "registers");
    await promisify(execFile)("gcc", ["-O1", "-mavx", "-static", "-o", program, join(__dirname, "registers.c")]);
    await host.put(program, "/root/registers");
    await host.run("chmod", "+x", "/root/registers");
    const watched = host.exec("/root/registers", ["/root/enough"], { timeout: 900_000 });
    const [result] = await Promise.allSettled([work()]);
    await host.run("touch", "/root/enough");
    expect(await watched).toMatchObject({ code: 0, stdout: "kept\n" });
    if (result.status === "rejected") throw result.reason;
    return result.value;
}

test("nginx-fleet by xen+ssh, two Linux guests at once: pages, a preview, a redeploy in place, and nothing left", async () => {
    const config = { connection: host.sshUri, guest, count: "2", maxUnavailable: "2" };
    await withStack(
        "examples/nginx-fleet",
        "test",
        async (stack) => {
            await change(stack, "index.ts", '"kvm"', '"xen"');
            await (LONG ? keepingRegisters(() => stack.up()) : stack.up());
            const { names } = await stack.outputs<{ names: string[] }>();
            const before = { identities: await identities(names), running: await running() };
            expect(before.running).toHaveLength(2);
            const ports = await Promise.all(
                before.identities.map(async (one) =>
                    host.forward(await soon(() => host.addressOf(one.split(" ")[1]!)), 80),
                ),
            );
            for (const [index, port] of ports.entries())
                expect(await soon(() => page(port))).toContain(`<h1>Hello from web-${index}</h1>`);

            await change(stack, "data/html/index.html", "Edit this page", "Edited");
            expect((await stack.preview()).text).toMatch(/"create" => "restart: \/data\/html\/index\.html"/);
            expect((await stack.up()).changes).toMatchObject({ update: 3 });
            for (const port of ports) expect(await soon(async () => page(port))).toContain("Edited");
            expect(await identities(names)).toEqual(before.identities);
            const after = await running();
            for (const one of before.running) expect(after).not.toContain(one);
            await stack.destroy();
        },
        { config, parallel: 32 },
    );

    expect(await running()).toEqual([]);
    expect(await host.virsh("list", "--all", "--name")).toBe("Domain-0");
    expect(await host.run("find", "/var/lib/pulumi-unikernel", "/var/log/xen/console", "-mindepth", "1")).toBe("");
    expect(await host.run("losetup", "--all")).toBe("");
});
