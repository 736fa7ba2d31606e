import type { UnikernelSpec } from "../../../model";
import { abi } from "../../support/abis";
import { block, card, spec } from "./spec";

const rumprun = abi("rumprun");
const config = (platform: "kvm" | "xen", change: Partial<UnikernelSpec>): string =>
    rumprun.encode(spec({ platform, ...change }), { platform }).guestConfig;
const nic = card({ ipv4: { address: "10.0.0.2/24", gateway: "10.0.0.1" } });

/** The launch tool's Xen part differs from its KVM part in these, and mounts kernfs (app-tools/rumprun: json_store_xen_blkspec, createif_xen, json_store_kernfs). */
const asOnXen = (kvm: string): string =>
    kvm
        .replaceAll(
            /"source": "dev", "path": "\/dev\/ld(\d)a"/g,
            (_, index: string) => `"source": "etfs", "path": "xvd${"abcdefghij"[Number(index)]}"`,
        )
        .replaceAll(/"if": "vioif(\d)"/g, '"if": "xenif$1", "cloner": "true"')
        .replace("{\n", `{\n"blk": {"source": "dev", "path": "virtual", "fstype": "kernfs", "mountpoint": "/kern"},\n`);

test.each<[string, Partial<UnikernelSpec>]>([
    ["args", { args: ["-c", "/etc/nginx/conf/nginx.conf", "two words"] }],
    ["-e", { env: { GREETING: "hello world", A: "b" } }],
    ["-N", { hostname: "web" }],
    ["-b", { blocks: [block(), block({ mount: "/srv" })] }],
    ["-I and -W, DHCP", { interfaces: [card()] }],
    ["-I and -W, static", { interfaces: [nic] }],
    ["two interfaces", { interfaces: [card(), nic] }],
    ["all", { args: ["x"], env: { A: "b" }, hostname: "web", blocks: [block()], interfaces: [nic] }],
])("the key says on Xen what the module says on KVM: %s", (_name, change) => {
    expect(config("xen", change)).toBe(asOnXen(config("kvm", change)));
});

test("nothing of it is a file that the guest boots from, or on its command line", () => {
    const { cmdline, initrd, xenstore, secret } = rumprun.encode(
        spec({ env: { PASSWORD: "pw" }, secrets: ["env.PASSWORD"] }),
        { platform: "xen" },
    );
    expect({ cmdline, initrd, secret, key: xenstore?.key }).toEqual({
        cmdline: "",
        initrd: [],
        secret: true,
        key: "rumprun/cfg",
    });
    expect(xenstore?.value).toContain("PASSWORD=pw");
});
