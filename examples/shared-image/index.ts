// One data image for three guests: each may use it in its own way, and none ever sees what another writes.
import * as pulumi from "@pulumi/pulumi";
import { BlockImage, NetworkInterface, Unikernel } from "pulumi-unikernel";

const config = new pulumi.Config();
const basePort = config.getNumber("basePort") ?? 8100;
// `npm run setup` at the root of the repository puts a kernel and an initramfs for each platform there.
const guest = config.get("guest") ?? "../../.cache/nginx-guest";

const pages = new BlockImage("pages", {
    source: { "index.html": "<h1>One image, three guests</h1>\n" },
    format: "ext4",
    size: 16,
});

// read: one copy that all share. scratch: a private copy, fresh at every restart. persist: a private copy that is kept.
const accesses = ["read", "scratch", "persist"] as const;

// Counts its starts on a disk that it may write to, and serves the disk.
const serve = "cd /srv; echo started >> starts 2> /dev/null; exec nginx";

const guests = accesses.map(
    (access, index) =>
        new Unikernel(access, {
            platform: "kvm",
            connection: config.get("connection"),
            kernel: `${guest}/kvm/vmlinuz`,
            initrd: `${guest}/kvm/initrd`,
            args: ["sh", "-c", serve],
            memory: 128,
            blocks: [{ image: pages, mount: "/srv", access }],
            interfaces: [
                new NetworkInterface(access, {
                    attach: { user: { forward: [{ host: basePort + index, guest: 80 }] } },
                }),
            ],
            readiness: { http: { port: 80 }, timeout: 120 },
            // The data of `persist` go with it here; left out, they would be kept and named.
            deleteData: true,
        }),
);

export const urls = guests.map((_, index) => `http://127.0.0.1:${basePort + index}/`);
