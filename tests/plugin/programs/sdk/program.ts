// A program over the generated TypeScript SDK: it has to type-check.
import {
    BlockImage,
    getHost,
    getHostOutput,
    getUnikernelOutput,
    NetworkInterface,
    Platform,
    Provider,
    Unikernel,
} from "pulumi-unikernel-sdk";

const provider = new Provider("host", { connection: "qemu:///system", accelerator: "tcg", memoryLimit: 256 });
const data = new BlockImage("data", { source: "./data", format: "iso9660" }, { provider });
const eth = new NetworkInterface("eth", { attach: { user: { forward: [{ guest: 80 }] } }, ipv4: "dhcp" }, { provider });
const web = new Unikernel(
    "web",
    {
        platform: Platform.Kvm,
        kernel: "nginx.bin",
        env: { GREETING: getHostOutput({}, { provider }).hostname },
        blocks: [{ image: data, mount: "/data", access: "scratch" }],
        interfaces: [eth],
        readiness: { http: { port: 80 } },
    },
    { provider },
);

export const addresses = web.ipAddresses.apply((all) => all.map((address) => address.trim()));
export const memory = getHost().then((host) => host.memory.total.toFixed());
export const state = getUnikernelOutput({ name: web.name }, { provider }).state;
