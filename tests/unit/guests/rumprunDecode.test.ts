import { encodeConfig } from "../../../guests/rumprun/config";
import { decodeConfig } from "../../../guests/rumprun/decode";
import type { UnikernelSpec } from "../../../model";
import { processorTime } from "../../support/time";
import { block, nic, spec } from "./fixtures";

const devices = { platform: "kvm", blocks: 0, interfaces: 0 } as const;

test.each<[string, Partial<UnikernelSpec>]>([
    ["nothing", {}],
    ["arguments", { args: ["-c", "/etc/nginx.conf", "two words", "", "a=b,c"] }],
    ["an environment and a host name", { env: { PATH: "/bin:/usr/bin", EMPTY: "", X: "a=b" }, hostname: "web-1" }],
    ["disks, of which one is not mounted", { blocks: [block("/data"), block(), block("/data/inner")] }],
    [
        "addresses",
        {
            interfaces: [
                nic({ ipv4: "dhcp" }),
                nic({ ipv4: { address: "10.0.0.2/24", gateway: "10.0.0.1" } }),
                nic({ ipv4: undefined, ipv6: { address: "fd00::2/64" } }),
                nic({ ipv4: "dhcp", ipv6: { address: "fd00::3/64", gateway: "fd00::1" } }),
            ],
        },
    ],
])("what encodeConfig wrote: %s", (_, changes) => {
    const whole = spec({
        platform: "kvm",
        guest: "rumprun",
        args: [],
        env: {},
        blocks: [],
        interfaces: [],
        ...changes,
    });
    const told = { platform: "kvm" as const, blocks: whole.blocks.length, interfaces: whole.interfaces.length };
    const found = decodeConfig(encodeConfig(whole, "kvm", "program"), told);
    expect(found).toEqual({
        args: whole.args,
        env: whole.env,
        ...(whole.hostname === undefined ? {} : { hostname: whole.hostname }),
        mounts: whole.blocks.map(({ mount }) => mount),
        interfaces: whole.interfaces.map(({ ipv4, ipv6 }) => ({
            ...(ipv4 ? { ipv4 } : {}),
            ...(ipv6 ? { ipv6 } : {}),
        })),
    });
    expect(
        encodeConfig({ ...whole, ...found, blocks: whole.blocks, interfaces: whole.interfaces }, "kvm", "program"),
    ).toBe(encodeConfig(whole, "kvm", "program"));
});

test("what the launch script writes: commas to spare, and no line breaks", () => {
    expect(
        decodeConfig(
            `{,, "net" :  {"if":"vioif0",, "type":"inet", "method":"static", "addr":"10.0.0.2", "mask":"24",},, "cmdline":  "nginx -g 'daemon off;'",}`,
            { ...devices, interfaces: 1 },
        ),
    ).toEqual({ args: ["-g", "daemon off;"], env: {}, mounts: [], interfaces: [{ ipv4: { address: "10.0.0.2/24" } }] });
});

const NET = `"net": {"if": "vioif0", "type": "inet", "method": "dhcp"}`;

test.each<[string, string, number, number]>([
    ["a plain command line", "console=ttyS0 quiet", 0, 0],
    ["nothing", "", 0, 0],
    ["an empty object", "{}", 0, 0],
    ["an unknown key", `{"cmdline": "a", "ram": "1"}`, 0, 0],
    ["an array", `{"cmdline": "a", "env": ["A=b"]}`, 0, 0],
    ["rc", `{"rc": [{"bin": "a", "argv": []}]}`, 0, 0],
    ["an escape", `{"cmdline": "a \\" b"}`, 0, 0],
    ["two command lines", `{"cmdline": "a", "cmdline": "b"}`, 0, 0],
    ["a variable twice", `{"cmdline": "a", "env": "A=1", "env": "A=2"}`, 0, 0],
    ["a variable without a name", `{"cmdline": "a", "env": "=1"}`, 0, 0],
    ["a variable that is no name here", `{"cmdline": "a", "env": "__proto__=1"}`, 0, 0],
    ["an open quote", `{"cmdline": "a 'b"}`, 0, 0],
    ["quotes inside of a word", `{"cmdline": "a'b'"}`, 0, 0],
    ["an object that does not end", `{"cmdline": "a", "net": {"if": "vioif0"`, 0, 1],
    ["an object that ends late", `{"cmdline": "a", "net": {"if": "vioif0"}`, 0, 1],
    ["objects in objects", `{"cmdline": "a", "net": {"if": {"x": "y"}}}`, 0, 1],
    ["more than one", `{"cmdline": "a"} {"cmdline": "b"}`, 0, 0],
    ["an interface that is not there", `{"cmdline": "a", ${NET}}`, 0, 0],
    ["an interface that it does not name", `{"cmdline": "a"}`, 0, 1],
    ["the same twice", `{"cmdline": "a", ${NET}, ${NET}}`, 0, 1],
    ["another driver", `{"cmdline": "a", ${NET.replace("vioif", "wm")}}`, 0, 1],
    ["IPv6 by itself", `{"cmdline": "a", ${NET.replace("inet", "inet6")}}`, 0, 1],
    [
        "a disk that is not there",
        `{"cmdline": "a", "blk": {"source": "dev", "path": "/dev/ld1a", "fstype": "blk", "mountpoint": "/d"}}`,
        1,
        0,
    ],
    [
        "a file as disk",
        `{"cmdline": "a", "blk": {"source": "vnd", "path": "images/d", "fstype": "blk", "mountpoint": "/d"}}`,
        1,
        0,
    ],
    [
        "a kernel's file system",
        `{"cmdline": "a", "blk": {"source": "dev", "path": "virtual", "fstype": "kernfs", "mountpoint": "/kern"}}`,
        1,
        0,
    ],
])("%s is not taken for something else", (_, text, blocks, interfaces) => {
    expect(decodeConfig(text, { platform: "kvm", blocks, interfaces })).toBeUndefined();
});

test.each([
    "{".repeat(100_000),
    `{${'"'.repeat(99_999)}}`,
    `{"cmdline": "${"a ".repeat(50_000)}'"}`,
    `{"cmdline": "${" ".repeat(50_000)}'"}`,
])("hostile text costs what other text of its length does: %#", async (text) => {
    const plain = `{${'"env": "A=b",\n'.repeat(7_000)}}`;
    const usual = await processorTime(() => decodeConfig(plain, devices));
    expect(await processorTime(() => expect(decodeConfig(text, devices)).toBeUndefined())).toBeLessThan(50 * usual);
});
