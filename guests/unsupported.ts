import { findNote, type KernelFacts, noteText, XEN_NOTE } from "./kernel";
import { solo5Facts } from "./solo5/manifest";

const SOLO5_NEEDS =
    "build it for the target virtio (KVM, media) or xen: others need a program of their own to run under";
const UNIKRAFT_NEEDS =
    "build it for the platform kvm with the boot protocol multiboot, or for xen, and take the file without .dbg: this one is for Firecracker or for a debugger";

/** Describe a kernel that no ABI recognised: a build for another platform, or whatever else the file is. */
export function describeKernel(kernel: KernelFacts): string {
    const { elf } = kernel;
    if (!elf)
        return kernel.linux ? `a Linux bzImage (${kernel.linux.version || "version unknown"})` : "an unknown kernel";
    const solo5 = solo5Facts(kernel);
    if (solo5) return `a Solo5 ${solo5.target ? `${solo5.target} ` : ""}binary; ${SOLO5_NEEDS}`;
    if (isUnikraft(kernel)) return `a Unikraft kernel; ${UNIKRAFT_NEEDS}`;
    if (elf.interpreter !== undefined)
        return `a program for an operating system (it asks for ${elf.interpreter}), not a kernel`;
    const guestOs = findNote(kernel, "Xen", XEN_NOTE.guestOs);
    const marks = [
        ...(kernel.multiboot ? ["a multiboot header"] : []),
        ...(elf.sections.includes("__xen_guest") || elf.notes.some(({ owner }) => owner === "Xen")
            ? [`Xen marks${guestOs ? ` of "${noteText(guestOs)}"` : ""}`]
            : []),
    ];
    return `an ELF${elf.bits} file with ${marks.join(" and ") || "neither a multiboot header nor Xen notes"}`;
}

function isUnikraft(kernel: KernelFacts): boolean {
    const guestOs = findNote(kernel, "Xen", XEN_NOTE.guestOs);
    return (
        kernel.elf?.sections.some((name) => name === ".uk_libinfo" || name === ".uk_bootinfo") ||
        (guestOs !== undefined && noteText(guestOs) === "Unikraft")
    );
}
