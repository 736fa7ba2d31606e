import { findNote, type KernelFacts, noteText, XEN_NOTE } from "./kernel";

const SOLO5_ABI = 0x31494241;
const SOLO5_TARGETS = ["", "hvt", "spt", "virtio", "muen", "genode", "xen"];

/**
 * Describe a kernel that is known but not supported yet, or whatever else the file is. Solo5 comes first: its virtio
 * binaries have a multiboot header, and its Xen ones both that and Xen notes.
 */
export function describeKernel(kernel: KernelFacts): string {
    const { elf } = kernel;
    if (!elf)
        return kernel.linux ? `a Linux bzImage (${kernel.linux.version || "version unknown"})` : "an unknown kernel";
    const solo5 = findNote(kernel, "Solo5", SOLO5_ABI);
    if (solo5 || elf.interpreter?.startsWith("/nonexistent/solo5/"))
        return `a Solo5 ${solo5Target(solo5?.desc)}binary; not supported yet`;
    if (isUnikraft(kernel)) return `a Unikraft kernel${unikraftPlatform(elf.unikraftLibraries)}; not supported yet`;
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

function solo5Target(desc: string | undefined): string {
    const target =
        desc === undefined || desc.length < 8 ? undefined : SOLO5_TARGETS[Buffer.from(desc, "hex").readUInt32LE(0)];
    return target ? `${target} ` : "";
}

function isUnikraft(kernel: KernelFacts): boolean {
    const guestOs = findNote(kernel, "Xen", XEN_NOTE.guestOs);
    return (
        kernel.elf?.sections.some((name) => name === ".uk_libinfo" || name === ".uk_bootinfo") ||
        (guestOs !== undefined && noteText(guestOs) === "Unikraft")
    );
}

function unikraftPlatform(libraries: string[] = []): string {
    const platform = libraries.find((name) => name === "libkvmplat" || name === "libxenplat");
    return platform ? ` for ${platform === "libkvmplat" ? "KVM" : "Xen"}` : "";
}
