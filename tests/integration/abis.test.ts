import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PartialError } from "../../backends";
import { type Lifecycle, openLifecycle } from "../support/lifecycle";
import { nic } from "../unit/guests/fixtures";

jest.setTimeout(900_000);

let its: Lifecycle;
const kernels = { unikraft: "", solo5: "" };
const file = (name: string, content: string) => {
    const path = join(its.host.folder, name);
    writeFileSync(path, content, { mode: 0o644 });
    return path;
};
beforeAll(async () => {
    its = await openLifecycle();
    const { buildGuest } = await import("../guests/build.mjs");
    for (const name of ["unikraft", "solo5"] as const) {
        kernels[name] = join(its.host.folder, name);
        await buildGuest(name, kernels[name]);
    }
});
afterAll(() => its?.close());

const console_ = async (path: string | undefined) => (await its.host.exec("cat", [path!])).stdout.replaceAll("\r", "");
async function reasonOf(creation: Promise<unknown>): Promise<string> {
    const error: unknown = await creation.catch((caught: unknown) => caught);
    if (!(error instanceof PartialError)) throw error;
    return error.reasons[0]!;
}
/** A stop that asked for a power-down would take this long: neither guest reacts to one. */
const shutdownTimeout = 3600;

describe("unikraft", () => {
    test("args, env, addresses and initrd arrive as they were written, and a stop waits for nothing", async () => {
        const guest = its.guest({
            guest: "unikraft",
            kernel: kernels.unikraft,
            args: ["-g", "daemon off;", `it's "quoted"`],
            env: { GREETING: "hello world" },
            interfaces: [
                nic({ mac: "52:54:00:00:00:01" }),
                nic({ mac: "52:54:00:00:00:02", ipv4: { address: "10.9.0.2/24", gateway: "10.9.0.1" } }),
            ],
            initrd: file("root.cpio", "070701 and the rest"),
            shutdownTimeout,
        });
        const { consoleLog } = await its.create(guest);
        const said = await console_(consoleLog);
        for (const line of [
            "netdev.ip ",
            "netdev.ip 10.9.0.2/24:10.9.0.1",
            "env.vars GREETING=hello world",
            "vfs.fstab initrd0:/:extract::ramfs=1:",
            "initrd 070701",
            "argv[1] -g",
            "argv[2] daemon off;",
            `argv[3] it's "quoted"`,
        ])
            expect(said.split("\n")).toContain(line);
        await its.delete(guest);
        await its.expectNothing(guest);
    });

    test("a crash is called a crash, by the console and by the host", async () => {
        const guest = its.guest({ guest: "unikraft", kernel: kernels.unikraft, env: { TEST: "crash" } });
        expect(await reasonOf(its.create(guest))).toMatch(
            /ended before it was ready: .*page fault at linear address 0x0/,
        );
        expect(await its.host.virsh("domstate", "--reason", guest.name)).toBe("shut off (crashed)");
    });
});

describe("solo5", () => {
    const devices = () => ({
        blocks: [
            { path: file("cache.img", "c".repeat(512)), name: "cache" },
            { path: file("storage.img", "s".repeat(512)), name: "storage" },
        ],
        interfaces: [nic({ mac: "52:54:00:00:00:03" }), nic({ mac: "52:54:00:00:00:04" })],
    });

    test("the devices are found in the order of the manifest, and the text is the program's", async () => {
        const guest = its.guest({
            guest: "solo5",
            kernel: kernels.solo5,
            args: ["--hello=a  b", "'c'"],
            shutdownTimeout,
            ...devices(),
        });
        const { consoleLog } = await its.create(guest);
        expect(await console_(consoleLog)).toContain(
            "device front\ndevice storage\ndevice back\ndevice cache\narguments --hello=a  b 'c'\ntest kernel ready\n",
        );
        expect(await its.host.virsh("domblklist", guest.name)).toMatch(/vda.*storage[\s\S]*vdb.*cache/);
        await its.delete(guest);
        await its.expectNothing(guest);
    });

    test.each([
        ["exit:3", /ended before it was ready: Solo5: solo5_exit\(3\) called/],
        ["abort", /ended before it was ready: Solo5: ABORT: as told by the test/],
    ])("the error of a create has the reason of the end: %s", async (argument, reason) =>
        expect(
            await reasonOf(
                its.create(its.guest({ guest: "solo5", kernel: kernels.solo5, args: [argument], ...devices() })),
            ),
        ).toMatch(reason),
    );
});
