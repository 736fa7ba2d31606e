import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { withStack, type Stack, type StackOptions } from "../support/engine";
import { startLibvirtHost, type LibvirtHost } from "../support/libvirtHost";
import { must } from "../support/processes";

jest.setTimeout(180_000);

const TYPE = "unikernel:index:Unikernel";
let host: LibvirtHost;
let kernels: { testKernel: string; rawKernel: string };
/** Somebody's kernels and disks, which are never ours. */
let folder: string;

beforeAll(async () => {
    const builder = join(__dirname, "../guests/build.mjs");
    kernels = JSON.parse(await must(process.execPath, ["--input-type=module", "--eval",
        `import * as m from ${JSON.stringify(builder)}; process.stdout.write(JSON.stringify(await m.buildTestKernels()));`, "builder"]));
    host = await startLibvirtHost();
    folder = join(host.folder, "by-hand");
    await mkdir(folder);
    await copyFile(kernels.testKernel, join(folder, "hello.elf"));
    await copyFile(kernels.rawKernel, join(folder, "raw.elf"));
    await writeFile(join(folder, "data.img"), Buffer.alloc(1024 * 1024, "data"));
});
afterAll(() => host.close());

interface ByHand { kernel?: string; cmdline?: string; memory?: number; devices?: string; qemu?: string[] }

/** A domain as people define them: libvirt adds what it adds. */
async function byHand(name: string, { kernel = "hello.elf", cmdline = "", memory = 16, devices = "", qemu = [] }: ByHand = {}): Promise<string> {
    const file = join(host.folder, `${name}.xml`);
    await writeFile(file, `<domain type="qemu" xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0">
  <name>${name}</name>
  <memory unit="MiB">${memory}</memory>
  <os><type arch="x86_64">hvm</type><kernel>${join(folder, kernel)}</kernel><cmdline>${cmdline.replaceAll("\"", "&quot;")}</cmdline></os>
  <devices>
    <serial type="file"><source path="${join(host.folder, `${name}.log`)}"/></serial>
    ${devices}
  </devices>
  <qemu:commandline>${qemu.map((value) => `<qemu:arg value="${value}"/>`).join("")}</qemu:commandline>
</domain>`);
    await host.virsh("define", file);
    await host.virsh("start", name);
    return host.virsh("domuuid", name);
}

const pid = async (name: string): Promise<string> => (await host.exec("pgrep", ["-f", `guest=${name},`])).stdout.trim();
const domains = async (): Promise<string[]> => (await host.virsh("list", "--all", "--name")).split("\n").filter(Boolean).sort();

async function withProgram(name: string, body: (stack: Stack) => Promise<void>, options: StackOptions = {}): Promise<void> {
    await withStack("tests/plugin/programs/import", name, body, { enter: host.enter, env: { ...host.env }, ...options });
}

const declare = (stack: Stack, guests: object): Promise<void> => stack.config("guests", JSON.stringify(guests));
const imported = (stack: Stack, name: string, id: string): Promise<string> => stack.pulumi(["import", TYPE, name, id, "--yes", "--generate-code=false", "--protect=false"]);

test("a domain made by hand is imported as it is, shows no change, changes, and goes", async () => {
    const uuid = await byHand("web", {
        cmdline: `{"env": "GREETING=hello", "cmdline": "hello.elf one 'two words'", "net": {"if": "vioif0", "type": "inet", "method": "dhcp"}}`,
        qemu: ["-netdev", "user,id=n0,hostfwd=tcp:127.0.0.1:18080-:80", "-device", "virtio-net-pci,netdev=n0,mac=52:54:00:00:00:01,addr=0x10"],
    });
    const before = [await host.virsh("dumpxml", "--inactive", "web"), await pid("web")];
    await withProgram("web", async (stack) => {
        const said = await imported(stack, "web", `${host.uri}#web`);
        console.log(said);
        expect([await host.virsh("dumpxml", "--inactive", "web"), await pid("web")]).toEqual(before);
        const { resources } = await stack.exportState();
        console.log(JSON.stringify(resources.find(({ type }) => type === TYPE), null, 1));
        const args = {
            platform: "kvm", connection: host.uri, name: "web", kernel: kernels.testKernel, memory: 16, accelerator: "tcg",
            args: ["one", "two words"], env: { GREETING: "hello" },
            interfaces: [{ mac: "52:54:00:00:00:01", attach: { user: { forward: [{ host: 18080, guest: 80 }] } } }],
        };
        await declare(stack, { web: args });
        const preview = await stack.preview();
        console.log(preview.text);
        expect(preview.changes).toEqual({ same: 2 });
        const refresh = await stack.refresh();
        console.log(refresh.text);
        await declare(stack, { web: { ...args, memory: 24, readiness: { console: "test kernel ready", timeout: 60 } } });
        const up = await stack.up();
        console.log(up.text);
        expect(await host.virsh("domuuid", "web")).toBe(uuid);
        await stack.destroy();
        expect(await domains()).toEqual([]);
        expect(await readFile(join(folder, "hello.elf"))).toEqual(await readFile(kernels.testKernel));
    });
});
