import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { uuidOf } from "../../core/identity";
import { type Run, type Stack, withStack } from "../support/engine";
import { holdAt } from "../support/hold";
import { signalQuietly, until } from "../support/processes";
import { Installation, OLD_RELEASE } from "../support/release";
import { startXenHost, type XenHost } from "../support/xenHost";

jest.setTimeout(900_000);

const WRITTEN = "written by the guest";

let host: XenHost;
let kernel: string;
let scratch: string;
let seed: string;
let installation: Installation;
beforeAll(async () => {
    kernel = await (await import("../guests/xen/build.mjs")).buildXenTestKernel();
    scratch = await mkdtemp(join(tmpdir(), "pulumi-unikernel-xen-upgrade-"));
    seed = join(scratch, "data.img");
    await writeFile(seed, Buffer.alloc(1 << 20));
    installation = await Installation.of(OLD_RELEASE);
    host = await startXenHost();
}, 900_000);
afterAll(async () => {
    await host?.stop();
    await installation?.remove();
    await rm(scratch, { recursive: true, force: true });
});

/** A secret in xenstore, and data that must stay. */
const web = (changes: object = {}): object => ({
    platform: "xen",
    args: ["one"],
    env: { GREETING: "hello", PASSWORD: { secret: "hunter2" } },
    blocks: [{ path: seed, access: "persist" }],
    ...changes,
});
/** Its create is killed when it has been started, paused: it knows nothing of its configuration then. */
const late = { platform: "xen", args: ["late"], env: { PASSWORD: { secret: "hunter2" } } };

async function declare({ folder }: Stack, guests: Record<string, object>): Promise<void> {
    await writeFile(join(folder, "declared.json"), JSON.stringify({ by: "dynamic", guests, images: {} }));
}

const opsOf = ({ steps }: Run): Record<string, string> =>
    Object.fromEntries(steps.map(({ op, urn }) => [urn.split("::").at(-1)!, op]));

async function killInCreate(stack: Stack, name: string): Promise<void> {
    const uuid = uuidOf(`urn:pulumi:${stack.name}::either::pulumi-nodejs:dynamic/unikernel:Unikernel::${name}`);
    const hold = await holdAt([{ uuid, call: "domains.start", when: "after" }], installation.modules);
    try {
        const run = await stack.start("up", { env: hold.env });
        const provider = await hold.reached(run.ended);
        run.kill("SIGKILL");
        signalQuietly(provider, "SIGKILL");
        await run.ended;
        await until(() => !existsSync(`/proc/${provider}`));
        await stack.cancel();
    } finally {
        await hold.remove();
    }
}

/** Each domain's state and number, by name: another number means that it was restarted. */
async function domains(): Promise<Record<string, string>> {
    const names = (await host.virsh("list", "--all", "--name"))
        .split("\n")
        .filter((name) => name && name !== "Domain-0");
    return Object.fromEntries(
        await Promise.all(
            names.map(async (name) => [
                name,
                `${await host.virsh("domstate", name)} ${await host.virsh("domid", name)}`,
            ]),
        ),
    );
}

test("guests that release 0.1.0 made on Xen live on under this one", async () => {
    const env = { XDG_CACHE_HOME: join(scratch, "cache") };
    await withStack(
        "tests/plugin/programs/either",
        "upgrade",
        async (stack) => {
            await declare(stack, { web: web() });
            await stack.up();
            const {
                web: { name },
            } = await stack.outputs<{ web: { name: string } }>();
            await declare(stack, { web: web(), late });
            await killInCreate(stack, "late");
            const before = await domains();
            const [unfinished = ""] = Object.keys(before).filter((one) => one !== name);
            expect(before).toEqual({
                [name]: expect.stringMatching(/^running \d+$/),
                [unfinished]: expect.stringMatching(/^paused \d+$/),
            });
            const data = (await host.run("find", "/var/lib/pulumi-unikernel", "-name", "*.persist.*")).split("\n");
            expect(data).toHaveLength(1);
            await host.run(
                "sh",
                "-c",
                `printf '${WRITTEN}' | dd of=$0 bs=1 seek=4096 conv=notrunc 2> /dev/null`,
                data[0]!,
            );

            await installation.upgrade();
            expect(opsOf(await stack.preview())).toEqual({ web: "same", late: "create" });
            // The create is finished; the guest that was whole does not notice.
            expect(opsOf(await stack.up())).toEqual({ web: "same", late: "create" });
            const running = await domains();
            expect(running).toEqual({ [name]: before[name], [unfinished]: expect.stringMatching(/^running \d+$/) });
            expect(await host.guestConsole(unfinished)).toMatch(/argv\[1\] late[^]*test kernel ready/);
            expect(Object.keys((await stack.refresh()).changes)).toEqual(["same"]);

            // A live change stays live. `deleteData` is for the destroy at the end: nothing may stay.
            const live = { shutdownTimeout: 2, deleteData: true };
            await declare(stack, { web: web({ ...live, state: "paused" }), late });
            expect(opsOf(await stack.up())).toEqual({ web: "update", late: "same" });
            expect(await domains()).toEqual({ ...running, [name]: running[name]!.replace("running", "paused") });
            expect(Object.keys((await stack.preview()).changes)).toEqual(["same"]);

            // A restart keeps the identity and the data.
            await declare(stack, { web: web({ ...live, args: ["two"] }), late });
            expect(opsOf(await stack.up())).toEqual({ web: "update", late: "same" });
            const restarted = await domains();
            expect(restarted).toEqual({ ...running, [name]: expect.stringMatching(/^running \d+$/) });
            expect(restarted[name]).not.toBe(running[name]);
            expect(await host.guestConsole(name)).toContain("argv[1] two");
            expect(
                await host.run("dd", `if=${data[0]}`, "bs=1", "skip=4096", `count=${WRITTEN.length}`, "status=none"),
            ).toBe(WRITTEN);
            expect((await stack.exportState()).text.includes("hunter2")).toBe(false);
            await stack.destroy();
        },
        { config: { connection: host.sshUri, kernel }, env, modules: installation.modules },
    );

    expect(await domains()).toEqual({});
    expect(await host.virsh("pool-list", "--all", "--name")).not.toContain("pulumi-unikernel");
    expect(await host.run("find", "/var/lib/pulumi-unikernel", "/var/log/xen/console", "-mindepth", "1")).toBe("");
    expect(await host.run("losetup", "--all")).toBe("");
});
