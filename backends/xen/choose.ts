import { type GuestPlan, UnikernelError } from "../../model";
import type { Host } from "../libvirt/host";
import type { Choices } from "../libvirt/platform";
import { readCapabilities } from "../libvirt/xml";
import { type Dom0, libvirtAlone } from "./dom0";
import { findGdbsx } from "./gdb";

/** Paths of the QEMU that libxl starts to serve disks: on Debian, of Xen's own builds, on Fedora and SUSE. */
export const QEMUS = [
    "/usr/libexec/xen-qemu-system-i386",
    "/usr/lib/xen/bin/qemu-system-i386",
    "/usr/libexec/xen/bin/qemu-system-i386",
    "/usr/lib64/xen/bin/qemu-system-i386",
    "/usr/bin/qemu-system-i386",
    "/usr/bin/qemu-system-x86_64",
];

/** Return the choices that depend on the host, after checking that it can run the guest. */
export async function chooseXen(host: Host, dom0: Dom0, { spec }: GuestPlan): Promise<Choices> {
    const { capabilities, hostname } = await host.info();
    const offered = readCapabilities(capabilities).domainTypes;
    if (!offered.includes("xen")) {
        throw new UnikernelError(
            "unsupported",
            `libvirt on ${hostname} offers no Xen guests, but ${offered.join(" and ") || "none"}`,
            {
                property: "platform",
                hint: "boot the host with Xen, and install libvirt-daemon-driver-xen there",
            },
        );
    }
    if (spec.gdb) await findGdbsx(dom0, hostname);
    const disks = spec.blocks.length > 0 && dom0 !== libvirtAlone && !(await hasQemu(dom0)) ? "loop" : "qemu";
    const qcow2 = spec.blocks.findIndex(({ format }) => format === "qcow2");
    if (disks === "loop" && qcow2 >= 0) {
        throw new UnikernelError(
            "unsupported",
            `${hostname} has no QEMU for Xen's disks, and its kernel cannot serve a qcow2 image`,
            {
                property: `blocks[${qcow2}]`,
                hint: "apt-get install qemu-system-xen on that host, or use a raw image",
            },
        );
    }
    return { accelerator: "xen", userNet: "qemu", disks };
}

/**
 * Return whether the host has a QEMU for disks. Loop devices work too, but the script that sets them up takes seconds.
 */
async function hasQemu(dom0: Dom0): Promise<boolean> {
    return (await dom0.tail(0, ...QEMUS)) !== undefined;
}
