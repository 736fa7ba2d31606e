import { copyFile, mkdir, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { testKernel } from "../e2e/guests";
import type { Run } from "../support/engine";
import type { LibvirtHost } from "../support/libvirtHost";
import { startLibvirtHost } from "../support/libvirtHost";
import { Either } from "./either";

jest.setTimeout(900_000);

let host: LibvirtHost;
let folder: string;
beforeAll(async () => {
    host = await startLibvirtHost();
    await host.defineNatNetwork("lan-hush17", { subnet: "10.68.0", isolated: true });
    folder = join(host.folder, "path-hush09");
    await mkdir(folder);
    await copyFile(await testKernel(), join(folder, "kernel"));
});
afterAll(() => host.close());

/** One for each position; each is found by its number wherever it turns up. */
const secret = (number: string, text = `hush${number}`) => ({ secret: text });
const CARD = { attach: { network: secret("17", "lan-hush17") }, mac: secret("16", "52:54:00:68:61:73") };

const WEB = () => ({
    image: "data",
    mount: secret("11", "/mnt-hush11"),
    env: { PASSWORD: secret("01"), GREETING: "hello" },
    args: ["--token", secret("02")],
    hostname: secret("03"),
    kernel: secret("09", join(folder, "kernel")),
    name: secret("10", "name-hush10"),
    readiness: { console: secret("12", "test kernel ready|hush12"), timeout: 60 },
    interfaces: [CARD],
});
const IMAGES = { data: { source: { "key.pem": secret("04"), "index.html": "page" } } };

/** To the guest alone: on the host they are in its files. Everything else the host itself shows. */
const GUEST_ONLY = ["hush01", "hush02", "hush03", "hush04"];
const ALL = [...GUEST_ONLY, "hush09", "hush10", "hush11", "hush12", "hush17", "52:54:00:68:61:73"];
const found = (text: string, among: string[]) => among.filter((one) => text.includes(one));

async function readable(at: string): Promise<{ file: string; text: string; open: boolean }[]> {
    const files = (await readdir(at, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    return Promise.all(
        files.map(async ({ parentPath, name }) => {
            const file = join(parentPath, name);
            // Group and others.
            return { file, text: await readFile(file, "latin1"), open: ((await stat(file)).mode & 0o077) !== 0 };
        }),
    );
}

test("a secret in any position is in no state, no log and no line for people; the guest's own are also in no process, definition or readable file", async () => {
    const runs: Run[] = [];
    await Either.with(
        host,
        "secrets",
        async (either) => {
            await either.declare("plugin", { web: WEB() }, IMAGES);
            runs.push(await either.stack.up());
            const state = await either.stack.exportState();
            expect(found(state.text, ALL)).toEqual([]);

            const processes = await Promise.all(
                (await readdir("/proc"))
                    .filter((name) => /^\d+$/.test(name))
                    .map((pid) => readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "")),
            );
            expect(processes.join("\n")).toContain("guest=name-hush10");
            expect(found(processes.join("\n"), GUEST_ONLY)).toEqual([]);
            expect(found(await host.virsh("dumpxml", "--security-info", "name-hush10"), GUEST_ONLY)).toEqual([]);
            const files = await readable(host.env.PULUMI_UNIKERNEL_DIR);
            // It did reach the guest.
            expect(files.find(({ file }) => file.endsWith("console.log"))?.text).toMatch(/env PASSWORD=hush01/);
            expect(files.filter(({ file, text }) => /\.img$/.test(file) && text.includes("hush04"))).toHaveLength(1);
            // The console is what the guest says.
            expect(
                files
                    .filter(
                        ({ file, open, text }) =>
                            open && !file.endsWith("console.log") && found(text, GUEST_ONLY).length > 0,
                    )
                    .map(({ file }) => file),
            ).toEqual([]);

            // Errors do not show them. Changes and refusals: everySecret.test.ts.
            await either.declare(
                "plugin",
                {
                    web: WEB(),
                    other: {
                        ...WEB(),
                        name: secret("10", "name-hush10"),
                        readiness: { console: secret("33", "never hush33"), timeout: 1 },
                        interfaces: [],
                    },
                },
                IMAGES,
            );
            runs.push(await either.stack.up({ fails: true }));
            runs.push(await either.stack.refresh());
            expect(found((await either.stack.exportState()).text, ALL)).toEqual([]);
        },
        { parallel: 1, leave: true },
    );
    const said = runs.map(({ text }) => text).join("\n");
    expect(said.split("\n").filter((line) => /hush\d\d|52:54:00:68:61:73/.test(line))).toEqual([]);
});
