import { create } from "xmlbuilder2";

/** The guest that every tool gets: the test kernel, alone or with a disk and an interface. */
export interface GuestOf {
    name: string;
    kernel: string;
    /** The argument that changes. */
    round: string;
    uuid?: string;
    disk?: string;
    network?: { name: string; mac: string };
    /** An argument for QEMU itself. */
    qemuArgument?: string;
}

export const MEMORY = 16;

/** Return the guest's command line: the configuration that a rumprun guest reads (its librumprun_base/config.c). */
export const commandLine = (round: string): string => JSON.stringify({ cmdline: `guest --round ${round}` });

/**
 * Return the definition that a person would write for virsh: the same processor and devices as a guest of this package
 * has, and nothing more.
 */
export function definition(guest: GuestOf): string {
    const domain = create().ele("domain", { type: "qemu" });
    domain.ele("name").txt(guest.name);
    if (guest.uuid) domain.ele("uuid").txt(guest.uuid);
    domain.ele("memory", { unit: "MiB" }).txt(String(MEMORY));
    domain.ele("vcpu").txt("1");
    const os = domain.ele("os");
    os.ele("type", { arch: "x86_64" }).txt("hvm");
    os.ele("kernel").txt(guest.kernel);
    os.ele("cmdline").txt(commandLine(guest.round));
    domain.ele({ features: { acpi: {}, apic: {} } });
    domain.ele("cpu", { mode: "maximum" });
    const devices = domain.ele("devices");
    devices.ele("controller", { type: "usb", model: "none" });
    devices.ele("serial", { type: "pty" });
    devices.ele("memballoon", { model: "none" });
    if (guest.disk) {
        const disk = devices.ele("disk", { type: "file", device: "disk" });
        disk.ele("driver", { name: "qemu", type: "raw" });
        disk.ele("source", { file: guest.disk });
        disk.ele("target", { dev: "vda", bus: "virtio" });
    }
    if (guest.network) {
        const card = devices.ele("interface", { type: "network" });
        card.ele("mac", { address: guest.network.mac });
        card.ele("source", { network: guest.network.name });
        card.ele("model", { type: "virtio" });
    }
    if (guest.qemuArgument)
        domain
            .ele("http://libvirt.org/schemas/domain/qemu/1.0", "qemu:commandline")
            .ele("http://libvirt.org/schemas/domain/qemu/1.0", "qemu:arg", { value: guest.qemuArgument });
    return `${domain.doc().end({ headless: true, prettyPrint: true })}\n`;
}
