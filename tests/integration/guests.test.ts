import { probeKernel, readProbe } from "../../guests";
import { type Booted, type BootOptions, boot } from "../guests/qemu";
import { abi } from "../support/abis";
import { HANG_MS } from "../support/time";
import { block, nic, scratch, spec } from "../unit/guests/fixtures";

const files = scratch();
const running: Booted[] = [];
let kernels: Record<"testKernel" | "rawKernel", string>;
beforeAll(async () => {
    const { buildTestKernels } = await import("../guests/build.mjs");
    kernels = await buildTestKernels();
}, 900_000);
afterEach(() => Promise.all(running.splice(0).map((guest) => guest.stop())));
afterAll(() => files.remove());

async function start(options: Partial<BootOptions>): Promise<Booted> {
    const guest = await boot({ kernel: kernels.testKernel, ...options });
    running.push(guest);
    return guest;
}

const config = (...env: string[]) => `{"cmdline": "x", ${env.map((one) => `"env": "${one}"`).join(", ")}}`;
const rumprun = abi("rumprun");

test("all that the rumprun ABI writes reaches the guest", async () => {
    const one = spec({
        kernel: "./bin/nginx",
        args: ["-g", "daemon off;", "", "a,b", "{}"],
        env: { A: "b c", EMPTY: "" },
        hostname: "web",
        blocks: [block(), block("/data")],
        interfaces: [
            nic({ ipv6: { address: "fd00::2/64", gateway: "fd00::1" } }),
            nic({ ipv4: { address: "10.0.0.2/24" } }),
        ],
    });
    const [part] = rumprun.encode(one, { platform: "kvm" }).initrd;
    const guest = await start({
        initrd: files.write("config", part && "bytes" in part ? part.bytes : Buffer.alloc(0)),
    });
    expect(await guest.until("test kernel ready")).toContain(
        [
            "test kernel: configured by module",
            "hostname web",
            "env A=b c",
            "env EMPTY=",
            "blk source=dev path=/dev/ld1a fstype=blk mountpoint=/data",
            "net if=vioif0 type=inet method=dhcp",
            "net if=vioif0 type=inet6 method=static addr=fd00::2 mask=64 gw=fd00::1",
            "net if=vioif1 type=inet method=static addr=10.0.0.2 mask=24",
            "argv[0] nginx",
            "argv[1] -g",
            "argv[2] daemon off;",
            "argv[3] ",
            "argv[4] a,b",
            "argv[5] {}",
            "",
        ].join("\n"),
    );
    expect(rumprun.readConsole(guest.console())).toEqual({});
});

describe("the test kernel refuses what rumprun refuses", () => {
    const long = (length: number) => `{"cmdline": "${"x".repeat(length - 15)}"}`;
    const cases: [name: string, options: Partial<BootOptions> & { config?: string }, because: RegExp][] = [
        ["an unknown key", { config: '{"cmdline": "x", "memory": "64"}' }, /no match for key "memory"/],
        ["an array", { config: '{"cmdline": "x", "env": ["A=b"]}' }, /unexpected type/],
        [
            "an unknown field of blk",
            { config: '{"blk": {"source": "dev", "path": "/dev/ld0a", "access": "read"}, "cmdline": "x"}' },
            /unexpected key "access"/,
        ],
        [
            "a mount without a file system",
            { config: '{"blk": {"source": "dev", "path": "x", "mountpoint": "/a"}, "cmdline": "x"}' },
            /unknown fstype/,
        ],
        [
            "a number",
            {
                config: '{"net": {"if": "vioif0", "type": "inet", "method": "static", "addr": "10.0.0.2", "mask": 24}, "cmdline": "x"}',
            },
            /unexpected type/,
        ],
        ["an escape that JSON has not", { config: '{"cmdline": "a\\x"}' }, /json parse failed/],
        ["a text without end", { config: '{"cmdline": "a' }, /json parse failed/],
        ["no cmdline", { config: '{"hostname": "web"}' }, /no bins/],
        [
            "inet6 auto, which crashes it",
            { config: '{"net": {"if": "vioif0", "type": "inet6", "method": "auto"}, "cmdline": "x"}' },
            /^panic: /,
        ],
        ["a module of 4095 bytes", { config: long(4095) }, /^panic: command line too long/],
        [
            "a command line of 4096 bytes, with the kernel's path",
            { cmdline: long(4096) },
            /^panic: command line too long/,
        ],
        [
            "a configuration on a disk that is not there",
            { config: '{"cmdline": "_RUMPRUN_ROOTFSCFG=/x"}' },
            /failed to mount rootfs/,
        ],
    ];
    test.each(cases)("%s", async (_, { config: text, ...options }, because) => {
        const guest = await start({
            ...options,
            ...(text === undefined ? {} : { initrd: files.write("config", Buffer.from(text)) }),
        });
        await guest.until("halted");
        expect(rumprun.readConsole(guest.console()).ended).toMatchObject({
            how: "crashed",
            because: expect.stringMatching(because),
        });
        expect(await guest.ended(100)).toBeUndefined();
    });
    test("but not a module of 4094 bytes", async () => {
        const guest = await start({ initrd: files.write("config", Buffer.from(long(4094))) });
        await guest.until("test kernel ready");
    });
});

test("a configuration on its medium, which it has no driver for, is said and let be", async () => {
    const one = spec({ platform: "iso", blocks: [block("/data")] });
    const guest = await start({ cmdline: rumprun.encode(one, { platform: "iso" }).cmdline });
    expect(await guest.until("test kernel ready")).toContain("test kernel: told to read /json.cfg on its medium\n");
});

describe("the test kernel ends as told", () => {
    const cases: [env: string[], text: string, ended: object | undefined][] = [
        [["TEST=exit:3"], "halted", { how: "exited", status: 3 }],
        [["TEST=halt"], "halted", { how: "halted" }],
        [["TEST=panic"], "halted", { how: "crashed" }],
        [["THEN=panic", "THEN_AFTER=10"], "ready\npanic", { how: "crashed" }],
        [["TEST=hang"], "main() ===", undefined],
        [["READY_AFTER=20"], "test kernel ready", undefined],
    ];
    test.each(cases)("%j", async (env, text, ended) => {
        const guest = await start({ cmdline: config(...env) });
        await guest.until(text);
        expect(await guest.ended(200)).toBeUndefined();
        const verdict = rumprun.readConsole(guest.console());
        if (ended) expect(verdict.ended).toMatchObject(ended);
        else expect(verdict).toEqual({});
        expect(guest.console().includes("test kernel ready")).toBe(!env.some((one) => one.startsWith("TEST=")));
    });

    test("TEST=poweroff ends QEMU", async () =>
        expect(await (await start({ cmdline: config("TEST=poweroff") })).ended(HANG_MS)).toBe(0));
    test("TEST=silent says nothing at all", async () => {
        const guest = await start({ cmdline: config("TEST=silent") });
        expect(await guest.ended(1500)).toBeUndefined();
        expect(guest.console()).toBe("");
    });
    test.each(["pc", "q35"] as const)("the power button ends it on %s with ACPI=on", async (machine) => {
        const guest = await start({ machine, cmdline: config("ACPI=on") });
        await guest.until("test kernel ready");
        guest.monitor("system_powerdown");
        expect(await guest.ended(HANG_MS)).toBe(0);
    });
    test("the power button is ignored without", async () => {
        const guest = await start({ cmdline: config() });
        await guest.until("test kernel ready");
        guest.monitor("system_powerdown");
        expect(await guest.ended(500)).toBeUndefined();
    });
    test("idle, in 2 MiB, it costs no time", async () => {
        const guest = await start({ memory: 2, cmdline: config() });
        await guest.until("test kernel ready");
        const before = guest.cpu();
        await guest.ended(1000);
        expect(guest.cpu() - before).toBeLessThan(0.1);
    });
});

test("the raw kernel gets its command line as it is", async () => {
    const one = spec({ guest: "raw", args: ["A=b", "--flag", "'c  d'"] });
    const guest = await start({
        kernel: kernels.rawKernel,
        cmdline: abi("raw").encode(one, { platform: "kvm" }).cmdline,
    });
    // QEMU puts the kernel's path before it (hw/i386/multiboot.c).
    expect(await guest.until("test kernel ready")).toContain(
        `test kernel: command line ${kernels.rawKernel} A=b --flag 'c  d'\n`,
    );
});

test.each(["pc", "q35"] as const)("the probe guest finds that emulation works, on %s", async (machine) => {
    const guest = await start({ kernel: files.write("probe", probeKernel()), machine });
    expect(await guest.ended(HANG_MS)).toBe(0);
    expect(readProbe(guest.console())).toEqual({ ok: true, reached: "ok" });
});
