import { devicesOf, type GuestPlan, type InterfaceSpec, UnikernelError } from "../../model";
import { deviceName } from "../libvirt/deviceName";
import { onReset } from "../libvirt/devices";
import type { DiskModel, DomainModel, InterfaceModel, InterfaceSource } from "../libvirt/model";
import type { BootPaths, Choices } from "../libvirt/platform";

/** Return the domain of a plan: PVH for a PVH kernel, otherwise PV. Guests number disks and vifs in this order. */
export function xenModel(plan: GuestPlan, paths: BootPaths, choices: Choices): DomainModel {
    const { spec, guest, boot } = plan;
    const devices = devicesOf(plan);
    const blocks = devices.flatMap((device) => ("block" in device ? [device.block] : []));
    const nics = devices.flatMap((device) => ("interface" in device ? [device.interface] : []));
    const pvh = guest.xen === "pvh";
    const writable = guest.writableDisks.includes("xen");
    return {
        type: "xen",
        osType: pvh ? "xenpvh" : "linux",
        name: spec.name,
        uuid: spec.uuid,
        memoryMib: spec.memory,
        ...(spec.maxMemory === undefined ? {} : { maxMemoryMib: spec.maxMemory }),
        vcpus: spec.vcpus,
        arch: "x86_64",
        machine: pvh ? "xenpvh" : "xenpv",
        boot: {
            kernel: paths.kernel,
            ...(paths.initrd ? { initrd: paths.initrd } : {}),
            ...(boot.cmdline ? { cmdline: boot.cmdline } : {}),
        },
        onCrash: spec.onCrash,
        // libvirt restarts as a new domain, which would lack the values that we wrote to xenstore for this one.
        onReboot: boot.xenstore ? "destroy" : onReset(spec.onCrash),
        disks: blocks.map((block, place): DiskModel => {
            const { access, format } = spec.blocks[block]!;
            const readonly = access === "read" && !writable;
            // QEMU attaches no read-only disk to a Xen guest (7.2: "Block node is read-only"), and libxl reports no
            // error.
            const phy = (choices.disks === "loop" || readonly) && format !== "qcow2";
            return {
                path: paths.disks[block] ?? "",
                format: format === "qcow2" ? "qcow2" : "raw",
                readonly,
                target: deviceName("xvd", place),
                bus: "xen",
                ...(phy ? { driver: "phy" } : {}),
            };
        }),
        interfaces: nics.map((nic): InterfaceModel => {
            const declared = spec.interfaces[nic]!;
            return { mac: declared.mac, source: source(declared, nic) };
        }),
        panicDevice: false,
        qemuArgs: [],
    };
}

function source({ attach }: InterfaceSpec, index: number): InterfaceSource {
    if ("network" in attach) return { kind: "network", network: attach.network };
    if ("bridge" in attach) return { kind: "bridge", bridge: attach.bridge };
    throw new UnikernelError("internal", "Xen plugs interfaces into bridges and networks only", {
        property: `interfaces[${index}].attach`,
    });
}
