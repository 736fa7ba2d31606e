import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Stack, type StackOptions, withStack } from "../support/engine";
import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";
import { must } from "../support/processes";

jest.setTimeout(900_000);

const TYPE = "unikernel:index:Unikernel";
let host: LibvirtHost;
let kernels: { testKernel: string; rawKernel: string };
/** Somebody's kernels and disks, which are never ours. */
let folder: string;

beforeAll(async () => {
    const builder = join(__dirname, "../guests/build.mjs");
    kernels = JSON.parse(
        await must(process.execPath, [
            "--input-type=module",
            "--eval",
            `import * as m from ${JSON.stringify(builder)}; process.stdout.write(JSON.stringify(await m.buildTestKernels()));`,
            "builder",
        ]),
    );
    host = await startLibvirtHost();
    folder = join(host.folder, "by-hand");
    await mkdir(folder);
    await copyFile(kernels.testKernel, join(folder, "hello.elf"));
    await copyFile(kernels.rawKernel, join(folder, "raw.elf"));
    await writeFile(join(folder, "data.img"), Buffer.alloc(1024 * 1024, "data"));
});
afterAll(() => host.close());

interface ByHand {
    kernel?: string;
    cmdline?: string;
    memory?: number;
    devices?: string;
    qemu?: string[];
}

/** A domain as people define them: libvirt adds what it adds. */
async function byHand(
    name: string,
    { kernel = "hello.elf", cmdline = "", memory = 16, devices = "", qemu = [] }: ByHand = {},
): Promise<string> {
    const file = join(host.folder, `${name}.xml`);
    await writeFile(
        file,
        `<domain type="qemu" xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0">
  <name>${name}</name>
  <memory unit="MiB">${memory}</memory>
  <os><type arch="x86_64">hvm</type><kernel>${join(folder, kernel)}</kernel><cmdline>${cmdline.replaceAll('"', "&quot;")}</cmdline></os>
  <devices>
    <serial type="file"><source path="${join(host.folder, `${name}.log`)}"/></serial>
    ${devices}
  </devices>
  <qemu:commandline>${qemu.map((value) => `<qemu:arg value="${value}"/>`).join("")}</qemu:commandline>
</domain>`,
    );
    await host.virsh("define", file);
    await host.virsh("start", name);
    return host.virsh("domuuid", name);
}

const disk = (name: string): string =>
    `<disk type="file"><driver name="qemu" type="raw"/><source file="${join(folder, name)}"/><target dev="vda" bus="virtio"/><readonly/></disk>`;
const pid = (name: string): Promise<string> => host.guestProcess(name);
const domains = async (): Promise<string[]> =>
    (await host.virsh("list", "--all", "--name")).split("\n").filter(Boolean).sort();

async function withProgram(
    name: string,
    body: (stack: Stack) => Promise<void>,
    options: StackOptions = {},
): Promise<void> {
    await withStack("tests/plugin/programs/import", name, body, {
        enter: host.enter,
        env: { ...host.env },
        ...options,
    });
}

const declare = (stack: Stack, guests: object): Promise<void> => stack.config("guests", JSON.stringify(guests));
const imported = (stack: Stack, name: string, id: string): Promise<string> =>
    stack.pulumi(["import", TYPE, name, id, "--yes", "--generate-code=false", "--protect=false"]);

const args = (name: string, more: object = {}): object => ({
    platform: "kvm",
    connection: host.uri,
    name,
    kernel: kernels.testKernel,
    memory: 16,
    accelerator: "tcg",
    ...more,
});

test("a domain made by hand is imported as it is, shows no change, changes, and goes", async () => {
    const uuid = await byHand("web", {
        cmdline: `{"env": "GREETING=hello", "cmdline": "hello.elf one 'two words'", "net": {"if": "vioif0", "type": "inet", "method": "dhcp"}}`,
        qemu: [
            "-netdev",
            "user,id=n0,hostfwd=tcp:127.0.0.1:18080-:80",
            "-device",
            "virtio-net-pci,netdev=n0,mac=52:54:00:00:00:01,addr=0x10",
        ],
    });
    const before = [await host.virsh("dumpxml", "--inactive", "web"), await pid("web")];
    const program = {
        args: ["one", "two words"],
        env: { GREETING: "hello" },
        interfaces: [{ mac: "52:54:00:00:00:01", attach: { user: { forward: [{ host: 18080, guest: 80 }] } } }],
    };
    await withProgram("web", async (stack) => {
        const said = await imported(stack, "web", `${host.uri}#web`);
        expect(said).toMatch(/warning: web: the next restart does without USB controller, balloon\n/);
        expect(said).toMatch(
            /warning: web: the next restart changes serial port: file → pty; .*on_reboot: restart → destroy\n/,
        );
        await declare(stack, { web: args("web", program) });
        expect((await stack.up({ args: ["--refresh"] })).changes).toEqual({ same: 2 });
        expect([await host.virsh("dumpxml", "--inactive", "web"), await pid("web")]).toEqual(before);

        await declare(stack, {
            web: args("web", { ...program, memory: 24, readiness: { console: "test kernel ready", timeout: 60 } }),
        });
        const { text } = await stack.up();
        expect(text).toContain("restart: memory 16 → 24 MiB, readiness");
        expect(await host.virsh("domuuid", "web")).toBe(uuid);
        const xml = await host.virsh("dumpxml", "web");
        expect(xml).toContain(`<kernel>${host.env.PULUMI_UNIKERNEL_DIR}/${uuid}/kernel-`);
        expect(xml).toMatch(/<unikernel:mark .*phase="ready"/);
        expect(await readFile(join(host.env.PULUMI_UNIKERNEL_DIR, uuid, "console.log"), "utf8")).toMatch(
            /GREETING=hello[^]*two words/,
        );
        await stack.destroy();
    });
    expect(await domains()).not.toContain("web");
    expect(await readFile(join(folder, "hello.elf"))).toEqual(await readFile(kernels.testKernel));
});

/** As the engine generates code: the inputs that the schema knows. */
async function generated(inputs: Record<string, unknown>): Promise<object> {
    const { resources, types } = JSON.parse(await readFile(join(__dirname, "../../schema.json"), "utf8")) as Schema;
    const known = (properties: object, values: object): object =>
        Object.fromEntries(Object.entries(values).filter(([name]) => name in properties));
    const { blocks = [], ...rest } = known(resources[TYPE]!.inputProperties, inputs) as { blocks?: object[] };
    return { ...rest, blocks: blocks.map((block) => known(types["unikernel:index:Block"]!.properties, block)) };
}
interface Schema {
    resources: Record<string, { inputProperties: object }>;
    types: Record<string, { properties: object }>;
}

test("what code generated of an import says is a YAML program without a change", async () => {
    await byHand("yaml", {
        cmdline: `{"cmdline": "hello.elf", "net": {"if": "vioif0", "type": "inet", "method": "dhcp"}, "blk": {"source": "dev", "path": "/dev/ld0a", "fstype": "blk", "mountpoint": "/data"}}`,
        qemu: [
            "-netdev",
            "user,id=n0,hostfwd=tcp:127.0.0.1:18081-:80",
            "-device",
            "virtio-net-pci,netdev=n0,mac=52:54:00:00:00:02,addr=0x10",
        ],
        devices: disk("data.img"),
    });
    await withStack(
        "tests/plugin/programs/import-yaml",
        "yaml",
        async (stack) => {
            expect(await imported(stack, "web", `${host.uri}#yaml`)).not.toContain("failed to validate");
            const { inputs } = (await stack.exportState()).resources.find(({ type }) => type === TYPE)!;
            const program = join(stack.folder, "Pulumi.yaml");
            const properties = await generated(inputs!);
            expect(properties).toMatchObject({
                interfaces: [{ mac: "52:54:00:00:00:02" }],
                blocks: [{ mount: "/data" }],
            });
            await writeFile(
                program,
                `${await readFile(program, "utf8")}resources: ${JSON.stringify({ web: { type: TYPE, properties } })}\n`,
            );
            expect((await stack.preview()).changes).toEqual({ same: 2 });
        },
        { enter: host.enter, env: host.env, leave: true },
    );
    await host.removeGuests();
});

test("a program imports two by their ids; an update that fails goes back to what was made by hand; what is not ours stays", async () => {
    const ids = {
        disk: await byHand("disk", {
            cmdline: `{"cmdline": "hello.elf", "blk": {"source": "dev", "path": "/dev/ld0a", "fstype": "blk", "mountpoint": "/data"}}`,
            devices: disk("data.img"),
        }),
        any: await byHand("any", { kernel: "raw.elf", cmdline: "env.WORD=first  second" }),
    };
    const found = {
        disk: args("disk", { blocks: [{ path: join(folder, "data.img"), mount: "/data" }] }),
        any: args("any", { kernel: kernels.rawKernel, guest: "raw", args: ["env.WORD=first  second"] }),
    };
    const before = [await pid("disk"), await pid("any")];
    await withProgram(
        "both",
        async (stack) => {
            await stack.config("import", JSON.stringify(ids));
            await declare(stack, found);
            expect((await stack.up()).changes).toEqual({ create: 1, import: 2 });
            expect([await pid("disk"), await pid("any")]).toEqual(before);

            const definition = await host.virsh("dumpxml", "--inactive", "disk");
            await declare(stack, {
                ...found,
                disk: { ...found.disk, readiness: { console: "what it never says", timeout: 1 } },
            });
            const { text } = await stack.up({ fails: true });
            expect(text).toContain("the update failed, the last good guest is back");
            expect(await host.virsh("dumpxml", "--inactive", "disk")).toBe(definition);
            expect(await host.virsh("domstate", "disk")).toBe("running");
            await declare(stack, found);
            expect((await stack.refresh()).changes).toEqual({ same: 3 });
            // It would be asked, for half a minute, and hears nothing.
            await host.virsh("destroy", "any");
            await stack.destroy();
        },
        { config: { "unikernel:connection": host.uri } },
    );
    expect(await domains()).toEqual([]);
    expect((await readdir(folder)).sort()).toEqual(["data.img", "hello.elf", "raw.elf"]);
    expect(await readdir(host.env.PULUMI_UNIKERNEL_DIR).catch(() => [])).toEqual([]);
});
