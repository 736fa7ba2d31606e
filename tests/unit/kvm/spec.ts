import type { BlockSpec, GuestCapabilities, GuestPlan, InterfaceSpec, UnikernelSpec } from "../../../model";

export const capable: GuestCapabilities = {
    platforms: ["kvm", "iso"],
    machine: "pc",
    virtio: "transitional",
    drivers: { kvm: "vioif" },
    shutdown: false,
    writableDisks: [],
    minMemory: 14,
    maxDisks: 26,
    maxInterfaces: 8,
    ends: "halt",
    panicDevice: false,
    firmware: ["bios"],
};

export const forward = { host: 18080, guest: 80, address: "127.0.0.1", protocol: "tcp" } as const;

export const card = (more: Partial<InterfaceSpec> = {}): InterfaceSpec => ({
    mac: "52:54:00:00:00:01",
    attach: { user: { forward: [forward] } },
    driver: "vioif",
    ipv4: "dhcp",
    ...more,
});

export const block = (more: Partial<BlockSpec> = {}): BlockSpec => ({
    name: "data",
    digest: "d".repeat(64),
    format: "iso9660",
    access: "read",
    mount: "/data",
    ...more,
});

/** Every property that a spec can have is there. */
export const spec = (more: Partial<UnikernelSpec> = {}): UnikernelSpec => ({
    schemaVersion: 1,
    urn: "urn:pulumi:dev::fleet::pulumi-unikernel:index:Unikernel::web",
    uuid: "5d9d7b6e-8f0b-5c3e-9a54-3f1d5a6c2b01",
    name: "web-1a2b3c4",
    platform: "kvm",
    connection: "qemu:///system",
    kernel: "./bin/nginx",
    guest: "rumprun",
    args: [],
    env: {},
    memory: 64,
    vcpus: 1,
    blocks: [],
    interfaces: [],
    accelerator: "auto",
    state: "running",
    onCrash: "destroy",
    autostart: false,
    shutdownTimeout: 30,
    adopt: false,
    deleteData: false,
    secrets: [],
    ...more,
});

export const plan = (
    more: Partial<UnikernelSpec> = {},
    guest: Partial<GuestCapabilities> = {},
    boot: Partial<GuestPlan["boot"]> = {},
): GuestPlan => ({
    spec: spec(more),
    guest: { ...capable, ...guest },
    boot: { cmdline: "", initrd: [], secret: false, guestConfig: "", ...boot },
    digests: { kernel: "k".repeat(64), blocks: [], config: "c".repeat(64) },
    bootDigest: "b".repeat(64),
    blockFiles: [],
    readConsole: () => ({}),
});
