import type { DiskModel, DomainModel, InterfaceModel, Mark, UserSource } from "../../../backends/libvirt/model";

export const uuid = "5d9d7b6e-8f0b-5c3e-9a54-3f1d5a6c2b01";
const folder = `/var/lib/pulumi-unikernel/${uuid}`;

export const mark: Mark = {
    schemaVersion: 1,
    urn: "urn:pulumi:dev::fleet::pulumi-unikernel:index:Unikernel::web",
    bootDigest: "b".repeat(64),
    phase: "creating",
    since: "2025-01-02T03:04:05.000Z",
    creator: { user: "alice", machine: "build-1", project: "0123456789abcdef" },
};

/** The least that a guest needs. */
export const least: DomainModel = {
    type: "qemu",
    osType: "hvm",
    name: "web-1a2b3c4",
    uuid,
    memoryMib: 64,
    vcpus: 1,
    arch: "x86_64",
    machine: "pc",
    cpu: "maximum",
    boot: { kernel: `${folder}/kernel-0123` },
    onCrash: "destroy",
    onReboot: "destroy",
    disks: [],
    interfaces: [],
    console: { log: `${folder}/console.log`, append: true },
    panicDevice: false,
    qemuArgs: [],
};

export const disk = (index: number, more: Partial<DiskModel> = {}): DiskModel => ({
    path: `${folder}/disk${index}`,
    format: "raw",
    readonly: true,
    target: `vd${"abcdefgh"[index]}`,
    bus: "virtio",
    slot: 3 + index,
    ...more,
});
export const net = (
    index: number,
    source: InterfaceModel["source"],
    more: Partial<InterfaceModel> = {},
): InterfaceModel => ({
    mac: `52:54:00:00:00:0${index}`,
    source,
    model: "virtio",
    slot: 3 + index,
    ...more,
});
export const forward = { host: 18080, guest: 80, address: "127.0.0.1", protocol: "tcp" } as const;
export const user = (more: Partial<UserSource> = {}): UserSource => ({
    kind: "user",
    backend: "qemu",
    forwards: [forward],
    ...more,
});

/** Of a Xen guest: no PCI, and no console log that libvirt would keep. */
const xen: Partial<DomainModel> = {
    type: "xen",
    osType: "linux",
    machine: "xenpv",
    cpu: undefined,
    console: undefined,
};
const xenDisk = (index: number, more: Partial<DiskModel> = {}): DiskModel => ({
    path: `${folder}/disk${index}`,
    format: "raw",
    readonly: true,
    target: `xvd${"abcdefgh"[index]}`,
    bus: "xen",
    ...more,
});
const vif = (index: number, source: InterfaceModel["source"]): InterfaceModel => ({
    mac: `00:16:3e:00:00:0${index}`,
    source,
});

/** One variant for each option: the name is the golden file's. */
export const variants: Record<string, Partial<DomainModel>> = {
    xen: xen,
    "xen-pvh": { ...xen, osType: "xenpvh", machine: "xenpvh" },
    "xen-initrd": {
        ...xen,
        boot: {
            kernel: `${folder}/kernel-0123`,
            initrd: `${folder}/initrd-4567`,
            cmdline: "console=hvc0 quiet panic=1",
        },
    },
    "xen-vcpus": { ...xen, vcpus: 2 },
    "xen-balloon": { ...xen, memoryMib: 128, maxMemoryMib: 256 },
    "xen-disk": { ...xen, disks: [xenDisk(0)] },
    "xen-disk-writable": { ...xen, disks: [xenDisk(0, { readonly: false })] },
    "xen-disk-qcow2": { ...xen, disks: [xenDisk(0, { format: "qcow2", readonly: false })] },
    "xen-disk-loop": { ...xen, disks: [xenDisk(0, { driver: "phy" })] },
    "xen-disks": { ...xen, disks: [xenDisk(0), xenDisk(1, { readonly: false }), xenDisk(2)] },
    "xen-bridge": { ...xen, interfaces: [vif(1, { kind: "bridge", bridge: "xenbr0" })] },
    "xen-network": { ...xen, interfaces: [vif(1, { kind: "network", network: "default" })] },
    "xen-interfaces": {
        ...xen,
        interfaces: [vif(2, { kind: "bridge", bridge: "xenbr0" }), vif(1, { kind: "network", network: "default" })],
    },
    "xen-on-crash-preserve": { ...xen, onCrash: "preserve" },
    "xen-on-crash-restart": { ...xen, onCrash: "restart", onReboot: "restart" },
    "xen-everything": {
        ...xen,
        vcpus: 2,
        memoryMib: 128,
        maxMemoryMib: 192,
        boot: { kernel: `${folder}/kernel-0123`, initrd: `${folder}/initrd-4567`, cmdline: "console=hvc0" },
        disks: [xenDisk(0, { readonly: false }), xenDisk(1)],
        interfaces: [vif(1, { kind: "bridge", bridge: "xenbr0" })],
        onCrash: "preserve",
    },
    least: {},
    kvm: { type: "kvm", cpu: "host-passthrough" },
    vcpus: { vcpus: 2 },
    initrd: { boot: { kernel: `${folder}/kernel-0123`, initrd: `${folder}/initrd-4567` } },
    cmdline: { boot: { kernel: `${folder}/kernel-0123`, cmdline: `console=ttyS0 say="a < b & c" comma,separated` } },
    disk: { disks: [disk(0)] },
    "disk-writable": { disks: [disk(0, { readonly: false })] },
    "disk-qcow2": { disks: [disk(0, { format: "qcow2", readonly: false })] },
    disks: { disks: [disk(0), disk(1), disk(2, { readonly: false })] },
    user: { interfaces: [net(1, user())] },
    "user-without-forward": { interfaces: [net(1, user({ forwards: [] }))] },
    "user-forwards": {
        interfaces: [
            net(1, user({ forwards: [forward, { host: 15353, guest: 53, address: "127.0.0.2", protocol: "udp" }] })),
        ],
    },
    "user-static": {
        interfaces: [
            net(
                1,
                user({ subnet: { network: "10.0.0.0/24", gateway: "10.0.0.1", dns: "10.0.0.3", guest: "10.0.0.2" } }),
            ),
        ],
    },
    "user-ipv6": { interfaces: [net(1, user({ subnet6: { network: "fd00:7::/64", gateway: "fd00:7::1" } }))] },
    users: { interfaces: [net(1, user()), net(2, user({ forwards: [{ ...forward, host: 18081 }] }))] },
    passt: { interfaces: [net(1, user({ backend: "passt" }))] },
    network: { interfaces: [net(1, { kind: "network", network: "default" })] },
    bridge: { interfaces: [net(1, { kind: "bridge", bridge: "virbr0" })] },
    tap: { interfaces: [net(1, { kind: "tap", tap: "tap0" })] },
    "network-between-users": {
        interfaces: [net(1, user()), net(2, { kind: "network", network: "default" }), net(3, user({ forwards: [] }))],
    },
    "disks-and-interfaces": {
        disks: [disk(0), disk(1)],
        interfaces: [net(3, { kind: "network", network: "default" }), net(4, user())],
    },
    q35: {
        machine: "q35",
        disks: [disk(0)],
        interfaces: [net(2, user()), net(3, { kind: "network", network: "default" })],
    },
    "q35-transitional": {
        machine: "q35",
        disks: [disk(0, { bus: "virtio-transitional" })],
        interfaces: [
            net(2, user(), { model: "virtio-transitional" }),
            net(3, { kind: "network", network: "default" }, { model: "virtio-transitional" }),
        ],
    },
    "on-crash-restart": { onCrash: "restart", onReboot: "restart", panicDevice: true },
    "on-crash-preserve": { onCrash: "preserve", panicDevice: true },
    "console-anew": { console: { log: `${folder}/console.log`, append: false } },
    gdb: { gdb: { address: "127.0.0.1", port: 11234 } },
    "qemu-args": { qemuArgs: ["-device", "virtio-rng-pci,addr=0x1e", "-fw_cfg", "name=opt/our.key,string=a,,b"] },
    everything: {
        vcpus: 2,
        boot: { kernel: `${folder}/kernel-0123`, initrd: `${folder}/initrd-4567`, cmdline: "quiet" },
        disks: [disk(0), disk(1, { readonly: false })],
        interfaces: [net(2, user()), net(3, { kind: "network", network: "default" })],
        panicDevice: true,
        gdb: { address: "127.0.0.1", port: 11235 },
        qemuArgs: ["-msg", "timestamp=on"],
    },
};
