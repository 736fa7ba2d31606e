import { attachKind, devicesOf, type GuestPlan, type InterfaceSpec, UnikernelError } from "../../model";
import { deviceName } from "../libvirt/deviceName";
import { onReset } from "../libvirt/devices/crash";
import type { DiskModel, DomainModel, InterfaceModel, InterfaceSource } from "../libvirt/model";
import type { BootPaths, Choices } from "../libvirt/platform";
import { userSubnets } from "./subnet";

/** Slots 0 and 1 belong to the machine, and libvirt reserves 2 for a display. */
const FIRST_SLOT = 3;
/** Slot 0x1f belongs to the machine on q35. */
export const SLOTS = 0x1f - FIRST_SLOT;

/** Return the domain of a plan for KVM or QEMU's emulation: as few devices as possible, each at a fixed address. */
export function kvmModel(plan: GuestPlan, paths: BootPaths, choices: Choices): DomainModel {
    const { spec, guest, boot } = plan;
    assertOneModule(paths.initrd);
    const accelerated = choices.accelerator === "kvm";
    // `pc` has only the old PCI bus, where plain virtio is transitional already.
    const virtio = guest.machine === "q35" && guest.virtio === "transitional" ? "virtio-transitional" : "virtio";
    return {
        type: accelerated ? "kvm" : "qemu",
        osType: "hvm",
        name: spec.name,
        uuid: spec.uuid,
        memoryMib: spec.memory,
        vcpus: spec.vcpus,
        arch: "x86_64",
        machine: guest.machine,
        cpu: accelerated ? "host-passthrough" : "maximum",
        boot: {
            kernel: paths.kernel,
            ...(paths.initrd ? { initrd: paths.initrd } : {}),
            ...(boot.cmdline ? { cmdline: boot.cmdline } : {}),
        },
        onCrash: spec.onCrash,
        // The crash of a guest without a panic device, or a triple fault, appears as a reset.
        onReboot: onReset(spec.onCrash),
        ...devices(plan, paths, choices, virtio),
        console: { log: paths.log, append: true },
        panicDevice: guest.panicDevice,
        ...(spec.gdb ? { gdb: spec.gdb } : {}),
        qemuArgs: spec.qemuArgs ?? [],
    };
}

/** Return disks and interfaces, each in the slot that its place in the plan gives it. */
function devices(
    plan: GuestPlan,
    paths: BootPaths,
    choices: Choices,
    virtio: "virtio" | "virtio-transitional",
): Pick<DomainModel, "disks" | "interfaces"> {
    const { spec, guest } = plan;
    const writable = guest.writableDisks.includes("kvm");
    const disks: DiskModel[] = [];
    const interfaces: InterfaceModel[] = [];
    for (const [place, device] of devicesOf(plan).entries()) {
        const slot = FIRST_SLOT + place;
        if ("block" in device) {
            const { access, format } = spec.blocks[device.block]!;
            disks.push({
                path: paths.disks[device.block] ?? "",
                format: format === "qcow2" ? "qcow2" : "raw",
                readonly: access === "read" && !writable,
                target: deviceName("vd", disks.length),
                bus: virtio,
                slot,
            });
        } else {
            const nic = spec.interfaces[device.interface]!;
            interfaces.push({ mac: nic.mac, source: source(nic, choices), model: virtio, slot });
        }
    }
    return { disks, interfaces };
}

/**
 * Refuse a path with a blank or a comma: QEMU parses a multiboot kernel's initrd as a list, with modules split at
 * commas and words at blanks (hw/i386/multiboot.c).
 */
function assertOneModule(initrd: string | undefined): void {
    if (!initrd || !/[\s,]/.test(initrd)) return;
    throw new UnikernelError(
        "unsupported",
        `guests cannot boot from a folder with a blank or a comma in its path: ${initrd}`,
        {
            hint: "set PULUMI_UNIKERNEL_DIR to a folder without",
        },
    );
}

function source(spec: InterfaceSpec, { userNet }: Choices): InterfaceSource {
    const { attach } = spec;
    if ("network" in attach) return { kind: "network", network: attach.network };
    if ("bridge" in attach) return { kind: "bridge", bridge: attach.bridge };
    if ("tap" in attach) return { kind: "tap", tap: attach.tap };
    return { kind: "user", backend: userNet, forwards: attach.user.forward, ...userSubnets(spec) };
}

/** Return whether an interface uses the user-mode network of QEMU or passt. */
export function usesUserNet(spec: Pick<GuestPlan["spec"], "interfaces">): boolean {
    return spec.interfaces.some(({ attach }) => attachKind(attach) === "user");
}
