import { copyFile, mkdir, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { blockImageShape } from "../../core/blockImage/schema";
import { networkShape } from "../../core/network";
import { interfaceShape } from "../../core/networkInterface";
import { unikernelShape } from "../../core/unikernel";
import { testKernel } from "../e2e/guests";
import type { StateResource } from "../support/engine";
import type { LibvirtHost } from "../support/libvirtHost";
import { startLibvirtHost } from "../support/libvirtHost";
import type { By } from "./either";
import { Either } from "./either";

jest.setTimeout(900_000);

let host: LibvirtHost;
let folder: string;
beforeAll(async () => {
    host = await startLibvirtHost();
    await host.defineNatNetwork("lan-hush60", { subnet: "10.69.0", isolated: true });
    await host.defineNatNetwork("open", { subnet: "10.70.0", isolated: true });
    folder = join(host.folder, "here");
    await mkdir(folder);
    await symlink(dirname(host.socket), join(folder, "sock-hush10"));
    await mkdir(join(folder, "site"));
    await writeFile(join(folder, "site/index.html"), "page");
    for (const name of ["kernel-hush12", "kernel-hush13"]) await copyFile(await testKernel(), join(folder, name));
    for (const name of ["initrd-hush14", "disk-hush30.img"])
        await writeFile(join(folder, name), Buffer.alloc(1 << 20, name));
});
afterAll(() => host.close());

const secret = (value: unknown) => ({ secret: value });
const at = (name: string) => join(folder, name);
const OFF = { state: "stopped", readiness: null };
const MEDIUM = { platform: "iso", connection: null, accelerator: null, readiness: null, shutdownTimeout: null };
const card = (number: number, more: object) => ({ mac: `52:54:00:69:00:${number}`, ...more });

/** Each guest has a secret in some arguments; a text is found by its number wherever it turns up. @param v another one changes every text that may change in place */
const GUESTS = (v: string): Record<string, object> => ({
    plain: OFF,
    connection: { ...OFF, connection: secret(`qemu+unix:///system?socket=${at("sock-hush10/libvirt-sock")}`) },
    name: { ...OFF, name: secret("name-hush11") },
    kernel: { ...OFF, kernel: secret(at(v === "a" ? "kernel-hush12" : "kernel-hush13")) },
    initrd: { ...OFF, guest: "raw", initrd: secret(at("initrd-hush14")) },
    args: { ...OFF, args: ["--token", secret(`hush15${v}`)] },
    allArgs: { ...OFF, args: secret([`hush16${v}`]) },
    env: { ...OFF, env: { PASSWORD: secret(`hush17${v}`), GREETING: "hello" } },
    allEnv: { ...OFF, env: secret({ PASSWORD: `hush18${v}` }) },
    hostname: { ...OFF, hostname: secret(`hush19${v}`) },
    facts: {
        readiness: null,
        platform: secret("kvm"),
        guest: secret("raw"),
        mirage: secret(false),
        memory: secret(v === "a" ? 24 : 25),
        vcpus: secret(2),
        accelerator: secret("tcg"),
        state: secret("stopped"),
        onCrash: secret("preserve"),
        autostart: secret(true),
        shutdownTimeout: secret(v === "a" ? 7 : 8),
        adopt: secret(true),
        deleteData: secret(true),
        keepLast: secret(v === "a" ? 3 : 4),
        description: secret(`hush23${v}`),
        gdb: { port: secret(v === "a" ? 34567 : 34568), address: secret("127.6.5.4") },
    },
    readiness: { ...OFF, readiness: { console: secret(`ready hush20${v}`), timeout: secret(61) } },
    probe: {
        ...OFF,
        readiness: {
            http: {
                port: secret(8081),
                path: secret(`/hush21${v}`),
                status: [secret(v === "a" ? 207 : 208)],
                body: secret(`hush24${v}`),
                host: secret(`hush25${v}`),
            },
            minReady: secret(v === "a" ? 11 : 12),
        },
        interfaces: [card(21, { attach: { user: { forward: [{ host: secret(23456), guest: secret(8081) }] } } })],
    },
    qemuArgs: { ...OFF, qemuArgs: ["-name", secret(`hush22${v}`)] },
    disk: {
        ...OFF,
        deleteData: true,
        blocks: [
            {
                name: secret("hush31"),
                path: secret(at("disk-hush30.img")),
                mount: secret(`/hush32${v}`),
                format: secret("ext2"),
                access: secret("persist"),
                reseed: secret("hush37"),
            },
        ],
    },
    image: { ...OFF, image: "data", mount: secret(`/hush33${v}`) },
    labelled: { ...OFF, image: "labelled" },
    card: {
        ...OFF,
        interfaces: [
            card(60, {
                mac: secret("52:54:00:68:61:73"),
                attach: { network: secret("lan-hush60") },
                driver: secret("hushdriver"),
                ipv4: {
                    address: secret("10.69.0.77/24"),
                    gateway: secret("10.69.0.76"),
                    name: secret(`hush64${v}`),
                },
                ipv6: { address: secret("fd00:68::61/64"), name: secret(`hush65${v}`) },
            }),
        ],
    },
    reserved: {
        ...OFF,
        interfaces: [
            card(62, {
                attach: { network: "open" },
                ipv4: { reserve: secret("10.70.0.75"), name: secret(`hush63${v}`) },
            }),
        ],
    },
    medium: {
        ...MEDIUM,
        output: secret(at("hush40.iso")),
        label: secret(`HUSH41${v.toUpperCase()}`),
        console: secret(["serial"]),
        image: "data",
    },
});
const IMAGES = (v: string) => ({
    data: { source: { "key.pem": secret(`hush34${v}`), "index.html": "page" } },
    labelled: {
        source: { "index.html": "page" },
        format: secret("ext2"),
        size: secret(3),
        label: secret(`HUSH51${v.toUpperCase()}`),
        output: secret(at("hush52.img")),
    },
    partly: { source: at("site"), ignore: [secret(`hush53${v}`)] },
});

const NETWORKS = (v: string) => ({
    whole: {
        connection: secret(`qemu+unix:///system?socket=${at("sock-hush10/libvirt-sock")}`),
        name: secret("lan-hush54"),
        mode: secret("nat"),
        ipv4: { address: secret("10.69.1.75/24"), dhcp: { start: secret("10.69.1.76"), end: secret("10.69.1.77") } },
        ipv6: { address: secret("fd00:68:1::61/64") },
        domain: secret(`hush55${v}`),
        forwarders: [{ address: secret("127.6.5.9"), domain: secret("hush56") }],
        hosts: [{ name: secret("hush57"), address: secret("10.69.1.78"), mac: secret("52:54:00:68:61:74") }],
        mtu: secret(v === "a" ? 1371 : 1372),
        autostart: secret(true),
        adopt: secret(true),
    },
    over: { mode: "bridge", bridge: secret("br-hush58") },
});

/** Texts that are found in nothing by chance, the ports as whole words: a digest may have their digits. Not among them: the numbers, and words such as kvm, which are looked for where they stand in state. */
const SECRET =
    /hush\d\d|hushdriver|HUSH\d\d|52:54:00:68:61:7[34]|10\.(69|70)\.[01]\.7[5678]|fd00:68:(1:)?:61|127\.6\.5\.[49]|\b(?:3456[78]|23456)\b/;
const leaks = (text: string) =>
    text
        .split("\n")
        .filter((line) => SECRET.test(line))
        .map((line) => line.trim());

/** Nothing that the network or another resource has to be told in plain; these carry no value of an argument at all. */
const NO_ARGUMENT = new Set([
    "resourceUrn",
    "secrets",
    "digestKey",
    "hidden",
    "allowQemuArgs",
    "rollOut",
    "kept",
    "consoleCommand",
    "consoleLog",
    "guestConfig",
    "ipAddresses",
    "path",
    "burned",
    "manifest",
]);
/** A device, Xen and another host are not at hand; a secret list of hosts is refused. */
const NOT_HERE = new Set(["burn", "sshTarget", "maxMemory", "hosts"]);

/** The names of arguments in the declarations that hold a secret, at any depth. */
function covered(declared: object[]): Set<string> {
    const holds = (value: unknown): boolean =>
        value !== null && typeof value === "object" && ("secret" in value || Object.values(value).some(holds));
    return new Set(
        declared.flatMap((args) =>
            Object.entries(args)
                .filter(([, value]) => holds(value))
                .map(([name]) => name),
        ),
    );
}

test("every argument of each resource is in the table", () => {
    const guests = Object.values(GUESTS("a")) as { interfaces?: object[]; blocks?: object[] }[];
    const missing = (shape: object, declared: object[]) =>
        Object.keys(shape).filter(
            (name) => !NO_ARGUMENT.has(name) && !NOT_HERE.has(name) && !covered(declared).has(name),
        );
    expect(missing(unikernelShape, guests)).toEqual([]);
    expect(missing(blockImageShape, Object.values(IMAGES("a")))).toEqual([]);
    expect(missing(networkShape, Object.values(NETWORKS("a")))).toEqual([]);
    expect(
        missing(
            interfaceShape,
            guests.flatMap(({ interfaces = [] }) => interfaces),
        ),
    ).toEqual([]);
});

test.each<By>(["dynamic", "plugin"])(
    "%s: no secret argument is in plain in state, outputs, lines or consequences",
    async (by) => {
        await Either.with(
            host,
            `every-${by}`,
            async (either) => {
                const { stack } = either;
                await either.declare(by, GUESTS("a"), IMAGES("a"), {}, NETWORKS("a"));
                const up = await stack.up();
                const said = [up.text];
                expect(await states(either, "a")).toEqual([]);

                // What changes, and what it means.
                await either.declare(by, GUESTS("b"), IMAGES("b"), {}, NETWORKS("b"));
                const changed = await stack.preview();
                said.push(changed.text);
                expect(changed.text).toMatch(/restart: .*hostname|restart: hostname/);
                expect(changed.text).toMatch(/restart of the network: domain, mtu; no guest runs on it/);
                said.push((await stack.up()).text);
                expect(await states(either, "b")).toEqual([]);
                // What is no target is not checked: a guest takes its cards and images for what they were.
                said.push(
                    (
                        await stack.up({
                            args: ["--target", "**::card", "--target", "**::probe", "--target", "**::labelled"],
                        })
                    ).text,
                );
                expect(await states(either, "b, targeted")).toEqual([]);
                const refreshed = await stack.up({ args: ["--refresh"] });
                said.push(refreshed.text);
                expect(refreshed.changes).toEqual({ same: expect.any(Number) });
                expect(await states(either, "b, refreshed")).toEqual([]);
                // As everybody sees them.
                said.push(await stack.pulumi(["stack", "output", "--json"]));

                // Files of the host: of what only the guest is told, and of media with it.
                expect((await stat(at("hush40.iso"))).mode & 0o077).toBe(0);
                expect((await stat(at("SHA256SUMS"))).mode & 0o077).toBe(0);

                await either.declare(
                    by,
                    {
                        hosts: {
                            ...OFF,
                            connection: null,
                            hosts: [{ name: secret("hush99"), connection: "qemu:///system" }],
                        },
                        bad: {
                            ...OFF,
                            name: secret("bad name hush70"),
                            kernel: secret(at("hush71")),
                            initrd: secret(at("hush72")),
                            args: [secret("hush73\0")],
                            hostname: secret("hush74 "),
                            memory: secret("hush75"),
                            vcpus: secret("hush76"),
                            connection: secret("hush77"),
                            readiness: { console: secret("(hush78") },
                            gdb: { port: secret("hush79"), address: secret("hush80") },
                            blocks: [
                                {
                                    path: secret(at("hush81")),
                                    mount: secret("hush82"),
                                    format: secret("hush83"),
                                    access: secret("hush84"),
                                },
                            ],
                            onCrash: secret("hush85"),
                            accelerator: secret("hush86"),
                            guest: secret("hush87"),
                            shutdownTimeout: secret("hush88"),
                            label: secret("hush 89"),
                            output: secret("/hush90\0"),
                            autostart: secret("hush91"),
                            sshTarget: secret("-hush92"),
                            maxMemory: secret("hush93"),
                            burn: { device: secret("hush94"), serial: secret(95), allowFixed: secret("hush96") },
                            state: secret("hush97"),
                            env: { "A=B": secret("hush98") },
                        },
                    },
                    {},
                    {},
                    {
                        wrong: {
                            name: secret("bad name hush60"),
                            domain: secret("hush61_"),
                            mtu: secret("hush62"),
                            mode: secret("hush63"),
                            ipv4: {
                                address: secret("hush64"),
                                dhcp: { start: secret("hush65"), end: secret("hush66") },
                            },
                            hosts: [{ name: secret("-hush67"), address: secret("hush68"), mac: secret("hush69") }],
                        },
                    },
                );
                const refused = await stack.preview({ fails: true });
                expect(refused.text).toMatch(/kernel/);
                said.push(refused.text);
                await either.declare(by, GUESTS("b"), IMAGES("b"), {}, NETWORKS("b"));
                expect(said.flatMap(leaks)).toEqual([]);
            },
            { config: { "unikernel:allowQemuArgs": "true" } },
        );
    },
);

/** Return each secret that state, with the stack's outputs, has in plain. */
async function states({ stack }: Either, when: string): Promise<string[]> {
    const { resources, text } = await stack.exportState();
    const plain = resources.flatMap((resource) => inPlain(resource));
    return [...plain, ...leaks(text)].map((line) => `${when}: ${line}`);
}

/** Arguments that were declared secret and that state does not encrypt, by their names: for numbers and words, which are in other places too. */
function inPlain({ urn, inputs = {}, outputs = {} }: StateResource): string[] {
    const declared: Record<string, object> = { ...GUESTS("a"), ...IMAGES("a"), ...NETWORKS("a") };
    const name = urn.split("::").at(-1)!;
    const args = declared[name];
    if (!args) return [];
    const names = [...covered([args])];
    return [inputs, outputs].flatMap((properties, index) =>
        names
            .filter((one) => one in properties && !JSON.stringify(properties[one]).includes("ciphertext"))
            .map((one) => `${name}.${one} in ${["inputs", "outputs"][index]}`),
    );
}
