import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LibvirtHost } from "../support/libvirtHost";
import { startLibvirtHost } from "../support/libvirtHost";
import { outside } from "../support/outside";
import { Guests, READY, testKernel } from "./guests";

jest.setTimeout(900_000);

let host: LibvirtHost;
beforeAll(async () => {
    host = await startLibvirtHost();
});
afterAll(() => host.close());

const web = (version: string, more: object = {}) => ({ env: { VERSION: version }, readiness: READY, ...more });

/** A kernel that prints something else where the good one says that it is ready. */
async function brokenKernel(): Promise<string> {
    const bytes = await readFile(await testKernel());
    bytes.write("panic: no good\n\0", bytes.indexOf("test kernel ready\n"));
    const file = join(host.folder, "broken.elf");
    await writeFile(file, bytes);
    return file;
}

// Two guests of one stack: `late` is new and does not become ready, `web` was good.
test("a guest that does not become ready is in state and the next up puts it right; a redeploy that does not come up is taken back, and the error has the console", async () => {
    await Guests.with(host, "failures", async (guests) => {
        const { stack } = guests;
        const neverReady = { readiness: { console: "never printed", timeout: 3 } };
        await guests.declare({ web: web("old"), late: neverReady });
        const failed = await stack.up({ fails: true, args: ["--continue-on-error"] });
        expect(failed.text).toMatch(/test kernel ready/);
        expect(await guests.onHost()).toHaveLength(2);
        const unikernel = async (name: string) =>
            (await stack.exportState()).resources.find(
                ({ urn, type }) => type.endsWith(":Unikernel") && urn.endsWith(`::${name}`),
            )!;
        const late = await unikernel("late");
        expect(late).toMatchObject({
            outputs: { __provider: expect.stringContaining("unikernel") },
            initErrors: [expect.any(String)],
        });
        const { uuid, name } = (await unikernel("web")).outputs as { uuid: string; name: string };
        const before = { xml: await host.virsh("dumpxml", "--inactive", name), seen: await outside(host) };

        // Of `late` nothing changed, and it is still not ready: the engine tries again, with the guest that there is.
        await guests.declare({ web: web("new", { kernel: await brokenKernel() }), late: neverReady });
        const { text } = await stack.up({ fails: true, args: ["--continue-on-error"] });
        expect(text).toMatch(/Unikernel \(late\):\n.*error/);
        expect(text).toMatch(/the update failed, the last good guest is back: /);
        expect(text).toMatch(/last console lines:[^]*\| env VERSION=new\s[^]*\| panic: no good/);
        expect(await outside(host)).toEqual(before.seen);
        expect(await host.virsh("dumpxml", "--inactive", name)).toBe(before.xml);
        expect(await guests.console({ uuid })).toMatch(/env VERSION=old\s[^]*test kernel ready/);
        // State says what runs.
        expect((await unikernel("web")).inputs!.env).toEqual({ VERSION: "old" });

        await guests.declare({ web: web("old"), late: { readiness: READY } });
        const { steps } = await stack.up();
        expect(steps.map(({ op, urn }) => `${op} ${urn.split("::").at(-1)}`).sort()).toEqual([
            "same web",
            "update late",
        ]);
        expect((await guests.outputs()).late).toMatchObject({ uuid: late.id, state: "running" });
        expect(await guests.running()).toHaveLength(2);
        expect((await stack.up()).changes).toEqual({ same: 3 });
    });
    expect(await host.virsh("list", "--all", "--name")).toBe("");
});
