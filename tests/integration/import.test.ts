import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Handlers, resourceHandlers } from "../../core";
import { forgetClaims } from "../../core/unikernel/check/claims";
import { configurationOf } from "../../provider/plugin/configuration";
import { importResource } from "../../provider/plugin/handlers/import";
import { type Lifecycle, openLifecycle } from "../support/lifecycle";
import { alice } from "../support/plans";

// Real guests, on machines that do other things too.
jest.setTimeout(900_000);

const URN = "urn:pulumi:dev::shop::unikernel:index:Unikernel::web";
let its: Lifecycle;
let unikernels: Handlers;
let said: string[];
/** Somebody's files. */
let folder: string;
let names = 0;

beforeAll(async () => {
    its = await openLifecycle();
    process.env.PULUMI_UNIKERNEL_DIR = its.host.env.PULUMI_UNIKERNEL_DIR;
    folder = join(its.host.folder, "by-hand");
    mkdirSync(folder);
    copyFileSync(its.kernel, join(folder, "hello.elf"));
    copyFileSync(join(dirname(its.kernel), "rawKernel.elf"), join(folder, "raw.elf"));
    writeFileSync(join(folder, "data.img"), Buffer.alloc(64 * 1024, "data"));
    execFileSync("qemu-img", [
        "create",
        "-q",
        "-f",
        "qcow2",
        "-b",
        join(folder, "data.img"),
        "-F",
        "raw",
        join(folder, "overlay.qcow2"),
    ]);
});
afterAll(async () => {
    delete process.env.PULUMI_UNIKERNEL_DIR;
    await its.close();
});
beforeEach(() => {
    forgetClaims();
    said = [];
    unikernels = resourceHandlers({
        creator: alice,
        log: (message) => {
            said.push(message);
        },
    }).unikernel;
});

interface ByHand {
    name?: string;
    os?: string;
    devices?: string;
    more?: string;
    memory?: string;
    kernel?: string;
}

/** Defines a domain; libvirt adds what it adds. @returns its name */
async function byHand({
    name = `hand${names++}`,
    kernel = "raw.elf",
    os = `<kernel>${join(folder, kernel)}</kernel>`,
    devices = "",
    more = "",
    memory = "<memory unit='MiB'>16</memory>",
}: ByHand): Promise<string> {
    const file = join(its.host.folder, "by-hand.xml");
    writeFileSync(
        file,
        `<domain type="qemu" xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0"><name>${name}</name>${memory}
        <os><type arch="x86_64">hvm</type>${os}</os><devices>${devices}</devices>${more}</domain>`,
    );
    await its.host.virsh("define", file);
    return name;
}

const find = (name: string, more: object = {}) =>
    unikernels.importGuest!({ urn: URN, connection: its.host.uri, name, ...more });
const disk = (more = "", target = `dev="vda" bus="virtio"`) =>
    `<disk type="file"><driver name="qemu" type="raw"/><source file="${join(folder, "data.img")}"/><target ${target}/>${more}</disk>`;
const qemu = (...args: string[]) =>
    `<qemu:commandline>${args.map((value) => `<qemu:arg value="${value}"/>`).join("")}</qemu:commandline>`;

test.each<[string, () => ByHand, RegExp]>([
    ["no kernel", () => ({ os: "<boot dev='hd'/>" }), /no kernel of its own/],
    [
        "a passed-through device",
        () => ({
            devices: `<hostdev mode="subsystem" type="usb"><source><vendor id="0x1"/><product id="0x2"/></source></hostdev>`,
        }),
        /: hostdev/,
    ],
    [
        "a card that is not virtio",
        () => ({ devices: `<interface type="user"><mac address="52:54:00:00:00:09"/></interface>` }),
        /interface 52:54:00:00:00:09 of model rtl8139/,
    ],
    ["an IDE disk", () => ({ devices: disk("", `dev="hda" bus="ide"`) }), /disk hda on bus ide/],
    [
        "a CD",
        () => ({
            devices: `<disk type="file" device="cdrom"><source file="${"/tmp/cd.iso"}"/><target dev="hdc" bus="ide"/></disk>`,
        }),
        /cdrom hdc/,
    ],
    [
        "a shared folder",
        () => ({ devices: `<filesystem type="mount"><source dir="/tmp"/><target dir="tmp"/></filesystem>` }),
        /: filesystem/,
    ],
    [
        "firmware",
        () => ({
            os: `<loader readonly="yes" type="pflash">/usr/share/OVMF/OVMF_CODE.fd</loader><kernel>/tmp/k</kernel>`,
            more: "<features><acpi/></features>",
        }),
        /loader in os/,
    ],
    [
        "half a MiB",
        () => ({ memory: "<memory unit='KiB'>16896</memory>" }),
        /memory of 16896 KiB.*\(virsh setmaxmem NAME 17M --config\)/,
    ],
    [
        "a name that we would not give",
        () => ({ name: "with blank" }),
        /name: expected 1–63 of A-Z.*\n.*virsh domrename "with blank"/,
    ],
    ["a kernel that is gone", () => ({ kernel: "gone.elf" }), /gone\.elf/],
    ["a kernel that is none", () => ({ kernel: "data.img" }), /data\.img: /],
    [
        "half a disk",
        () => ({
            devices: disk("<readonly/>")
                .replace("data.img", "overlay.qcow2")
                .replace("'raw'", "'qcow2'")
                .replace('"raw"', '"qcow2"'),
        }),
        /blocks\[0\]\.path: .*overlay\.qcow2 needs another file/,
    ],
    [
        "arguments for QEMU",
        () => ({ more: qemu("-cpu", "max") }),
        /qemuArgs: .*pulumi config set unikernel:allowQemuArgs true/,
    ],
    [
        "everything at once",
        () => ({
            devices: `${disk("<shareable/>", `dev="sda" bus="sata"`)}<vsock model="virtio"><cid auto="yes"/></vsock>`,
        }),
        /vsock.*disk sda on bus sata; shareable of disk sda/,
    ],
])("%s is refused, and named", async (_, form, message) => {
    const name = await byHand(form());
    const before = await its.host.virsh("dumpxml", name);
    await expect(find(name)).rejects.toMatchObject({ message: expect.stringMatching(message) as string });
    expect(await its.host.virsh("dumpxml", name)).toBe(before);
    await its.host.virsh("undefine", name);
});

test("what is not there is not found; a host that is not there says nothing about it", async () => {
    const importing = (id: string) =>
        importResource("unikernel", URN, id, configurationOf({ connection: its.host.uri }), unikernels);
    await expect(importing(`${its.host.uri}#nobody`)).rejects.toMatchObject({
        code: "not-found",
        message: expect.stringContaining("there is no domain nobody on qemu+unix:") as string,
    });
    await expect(importing("6e1d6b0e-0000-4000-8000-000000000000")).rejects.toMatchObject({ code: "not-found" });
    await expect(importing("qemu+unix:///system?socket=/nowhere#web")).rejects.toMatchObject({ code: "unreachable" });
});

test("what the host does for a guest is dropped with a warning; arguments for QEMU come where they may", async () => {
    const name = await byHand({
        devices: `<graphics type="vnc"/><video><model type="vga"/></video><rng model="virtio"><backend model="random">/dev/urandom</backend></rng>`,
        more: `<title>mine</title>${qemu("-cpu", "max", "-gdb", "tcp:127.0.0.1:1234")}<on_crash>restart</on_crash>`,
    });
    const found = await find(name, { allowQemuArgs: true });
    expect(found!.inputs).toMatchObject({
        name,
        guest: "raw",
        state: "stopped",
        onCrash: "restart",
        qemuArgs: ["-cpu", "max"],
        gdb: { port: 1234 },
    });
    expect(said.join("\n")).toMatch(
        /does without title, USB controller, .*VNC screen, video card, balloon, random number device/,
    );
    await its.host.virsh("undefine", name);
});

test("a reservation of its network comes along, with its name", async () => {
    const network = await its.host.defineNatNetwork("hand", { isolated: true });
    const name = await byHand({
        devices: `<interface type="network"><mac address="52:54:00:0A:0B:0C"/><source network="${network.name}"/><model type="virtio"/></interface>`,
    });
    await its.host.virsh(
        "net-update",
        network.name,
        "add-last",
        "ip-dhcp-host",
        `<host mac='52:54:00:0a:0b:0c' name='by-hand' ip='${network.static(10)}'/>`,
        "--live",
        "--config",
    );
    expect((await find(name))!.inputs).toMatchObject({
        interfaces: [
            {
                mac: "52:54:00:0a:0b:0c",
                attach: { network: network.name },
                ipv4: { reserve: network.static(10), name: "by-hand" },
            },
        ],
    });
    await its.host.virsh("undefine", name);
});

test("a guest of our own that state has lost is what state had", async () => {
    const args = {
        resourceUrn: URN,
        platform: "kvm",
        connection: its.host.uri,
        kernel: its.kernel,
        memory: 16,
        accelerator: "auto",
        shutdownTimeout: 1,
        name: "ours",
        args: ["one", "two words", ""],
        env: { B: "2", A: "x=y" },
        hostname: "web",
        blocks: [{ path: join(folder, "data.img"), mount: "/data", access: "scratch" }],
        interfaces: [
            {
                mac: "52:54:00:00:00:11",
                attach: { user: { forward: [{ host: 18123, guest: 80 }] } },
                ipv4: { address: "10.0.0.2/24", gateway: "10.0.0.1" },
            },
        ],
        readiness: { console: "test kernel ready", timeout: 60 },
    };
    const { inputs, failures } = await unikernels.check({}, args);
    expect(failures).toEqual([]);
    const { outs, id } = await unikernels.create(inputs);
    const found = await find("ours");
    const {
        readiness: _1,
        shutdownTimeout: _2,
        consequence: _3,
        kernel: _4,
        blocks: _5,
        guestConfig: _6,
        ...same
    } = outs;
    expect(found).toMatchObject({ id, props: same });
    expect(found!.props).not.toHaveProperty("imported");
    expect(said.join("\n")).toMatch(
        /made by alice@wonderland for the same project.*\n.*kernel-.*these files are removed with the guest/,
    );

    // The program's own files have the same content.
    const next = await unikernels.check(found!.inputs, { ...args, readiness: undefined, shutdownTimeout: undefined });
    expect(next).toMatchObject({ failures: [], inputs: { consequence: "imported" } });
    expect(await unikernels.diff(id, found!.props, next.inputs)).toMatchObject({ changes: false });
    expect(await unikernels.read(id, found!.props)).toMatchObject({ id, props: found!.props });
    await unikernels.delete(id, found!.props);
});

test("a secret that only the guest may read does not come into a program", async () => {
    const { id, outs } = await create({
        ...common("discreet"),
        env: { PASSWORD: "hunter2" },
        secrets: ["env.PASSWORD"],
        digestKey: "",
    });
    forgetClaims();
    const found = await find("discreet");
    expect(found!.inputs).toMatchObject({
        guest: "raw",
        initrd: expect.stringContaining(`${id}/initrd-`) as string,
        imported: {},
    });
    expect(JSON.stringify([found, said])).not.toContain("hunter2");
    await unikernels.delete(id, outs);
});

test("a guest of another declaration is taken from it by the first update, and both know", async () => {
    const other = { ...common("theirs"), resourceUrn: URN.replace("::web", "::theirs") };
    const theirs = await create(other);
    // Another program, another run.
    forgetClaims();
    const found = await find("theirs");
    expect(said.join("\n")).toContain(`it belongs to ${other.resourceUrn}, made by alice@wonderland`);
    expect(found).toMatchObject({ id: theirs.id, inputs: { imported: { urn: other.resourceUrn } } });
    expect(await unikernels.read(theirs.id, found!.props)).toMatchObject({ props: found!.props });
    const next = await unikernels.check(found!.inputs, { ...common("theirs"), shutdownTimeout: 2 });
    expect(next.inputs).toMatchObject({ consequence: "restart: shutdownTimeout", uuid: theirs.id });
    const { outs } = await unikernels.update(theirs.id, found!.props, next.inputs);
    expect(outs).not.toHaveProperty("imported");
    await expect(unikernels.read(theirs.id, theirs.outs)).rejects.toMatchObject({
        code: "not-ours",
        message: expect.stringContaining(`belongs to ${URN}`) as string,
    });
    await unikernels.delete(theirs.id, outs);
});

test("a disk that a guest writes to is copied only while it is off, and the file itself stays", async () => {
    const name = await byHand({
        kernel: "hello.elf",
        os: `<kernel>${join(folder, "hello.elf")}</kernel><cmdline>{"cmdline": "hello.elf", "blk": {"source": "dev", "path": "/dev/ld0a", "fstype": "blk", "mountpoint": "/data"}}</cmdline>`.replaceAll(
            '"',
            "&quot;",
        ),
        devices: disk(),
    });
    await its.host.virsh("start", name);
    await expect(find(name)).rejects.toMatchObject({
        message: expect.stringMatching(
            /data\.img, a disk that the guest may be writing to\n.*virsh shutdown/,
        ) as string,
    });
    await its.host.virsh("destroy", name);
    const found = await find(name);
    expect(found!.inputs).toMatchObject({
        state: "stopped",
        blocks: [{ access: "persist", mount: "/data", name: "data.img" }],
    });
    expect(said.join("\n")).toMatch(/the next start copies .*data\.img once/);
    const program = {
        ...common(name),
        kernel: join(folder, "hello.elf"),
        args: [],
        blocks: [{ path: join(folder, "data.img"), mount: "/data", access: "persist" }],
    };
    const next = await unikernels.check(found!.inputs, { ...program, state: "running" });
    await its.host.virsh("start", name);
    await expect(unikernels.update(found!.id, found!.props, next.inputs)).rejects.toMatchObject({
        code: "in-use",
        property: "blocks[0].path",
    });
    expect(await its.host.virsh("domstate", name)).toBe("running");
    await its.host.virsh("destroy", name);
    const { outs } = await unikernels.update(found!.id, found!.props, next.inputs);
    expect(await its.host.virsh("domblklist", name)).toContain(`${found!.id}/data.img.persist.img`);
    await unikernels.delete(found!.id, { ...outs, deleteData: true });
    expect(readFileSync(join(folder, "data.img"))).toEqual(Buffer.alloc(64 * 1024, "data"));
    expect(readdirSync(folder).sort()).toEqual(["data.img", "hello.elf", "overlay.qcow2", "raw.elf"]);
});

function common(name: string): Record<string, unknown> {
    return {
        resourceUrn: URN,
        platform: "kvm",
        connection: its.host.uri,
        name,
        kernel: its.kernel,
        memory: 16,
        accelerator: "tcg",
        args: ["one"],
        shutdownTimeout: 1,
    };
}

async function create(args: Record<string, unknown>) {
    const { inputs, failures } = await unikernels.check({}, args);
    expect(failures).toEqual([]);
    return unikernels.create(inputs);
}
