import type { GuestCapabilities } from "../../spec";
import { findNote, type KernelFacts, XEN_NOTE } from "./facts";

/**
 * How Xen's domain builder starts a kernel (xen/include/public/elfnote.h, tools/libs/guest/xg_dom_elfloader.c). PV comes
 * first where a kernel can do both. A bzImage hides its notes in what it unpacks: those of distributions have PV.
 */
export function xenBoot(kernel: KernelFacts): GuestCapabilities["xen"] {
    const { elf, linux } = kernel;
    if (!elf) return linux ? "pv" : undefined;
    const has = (type: number): boolean => findNote(kernel, "Xen", type) !== undefined;
    // The string form comes from before there were notes: of PV kernels only.
    const pv = elf.sections.includes("__xen_guest") || has(XEN_NOTE.entry) || has(XEN_NOTE.virtBase);
    if (!pv && has(XEN_NOTE.pvhEntry)) return "pvh";
    if (!pv && !has(XEN_NOTE.hypercallPage) && !has(XEN_NOTE.loader)) return undefined;
    return elf.bits === 64 ? "pv" : "pv32";
}
