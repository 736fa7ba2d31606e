// A guest with two network cards: one reached through a forwarded port, one on a libvirt network.
import * as pulumi from "@pulumi/pulumi";
import { NetworkInterface, Unikernel } from "pulumi-unikernel";

const config = new pulumi.Config();
const port = config.getNumber("port") ?? 8090;
// `npm run setup` at the root of the repository puts a kernel and an initramfs for each platform there.
const guest = config.get("guest") ?? "../../.cache/nginx-guest";

const front = new NetworkInterface("front", { attach: { user: { forward: [{ host: port, guest: 80 }] } } });
const back = new NetworkInterface("back", { attach: { network: config.get("network") ?? "default" } });

const web = new Unikernel("web", {
    platform: "kvm",
    connection: config.get("connection"),
    kernel: `${guest}/kvm/vmlinuz`,
    initrd: `${guest}/kvm/initrd`,
    args: ["nginx"],
    memory: 128,
    interfaces: [front, back],
    readiness: { http: { port: 80 }, timeout: 120 },
});

export const url = `http://127.0.0.1:${port}/`;
export const macs = pulumi.all([front.mac, back.mac]);
export const addresses = web.ipAddresses;
