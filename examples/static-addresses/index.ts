// Two guests on a libvirt network (its "default" is 192.168.122.0/24): one asks by DHCP and always gets the address that
// is reserved for its MAC, the other configures its address itself.
import * as pulumi from "@pulumi/pulumi";
import { NetworkInterface, Unikernel } from "pulumi-unikernel";

const config = new pulumi.Config();
const network = config.get("network") ?? "default";
const subnet = config.get("subnet") ?? "192.168.122";
// `npm run setup` at the root of the repository puts a kernel and an initramfs for each platform there.
const guest = config.get("guest") ?? "../../.cache/nginx-guest";

const template = {
    platform: "kvm",
    connection: config.get("connection"),
    kernel: `${guest}/kvm/vmlinuz`,
    initrd: `${guest}/kvm/initrd`,
    args: ["nginx"],
    memory: 128,
    readiness: { http: { port: 80 }, timeout: 120 },
} as const;

const reserved = new Unikernel("reserved", {
    ...template,
    interfaces: [new NetworkInterface("reserved", { attach: { network }, ipv4: { reserve: `${subnet}.10` } })],
});

const configured = new Unikernel("configured", {
    ...template,
    interfaces: [
        new NetworkInterface("configured", {
            attach: { network },
            ipv4: { address: `${subnet}.11/24`, gateway: `${subnet}.1` },
        }),
    ],
});

export const addresses = pulumi.all([reserved.ipAddresses, configured.ipAddresses]).apply((lists) => lists.flat());
