import type { GuestCapabilities } from "../../model";
import { findNote, type KernelFacts, XEN_NOTE } from "./facts";

/**
 * Return how Xen's domain builder starts a kernel (xen/include/public/elfnote.h, tools/libs/guest/xg_dom_elfloader.c).
 * PV is preferred where a kernel supports both. The notes of a bzImage are in its packed part; kernels of distributions
 * have PV.
 */
export function xenBoot(kernel: KernelFacts): GuestCapabilities["xen"] {
    const { elf, linux } = kernel;
    if (!elf) return linux ? "pv" : undefined;
    const has = (type: number): boolean => findNote(kernel, "Xen", type) !== undefined;
    // The string form (`__xen_guest`) is older than notes and exists in PV kernels only.
    const pv = elf.sections.includes("__xen_guest") || has(XEN_NOTE.entry) || has(XEN_NOTE.virtBase);
    if (!pv && has(XEN_NOTE.pvhEntry)) return "pvh";
    if (!pv && !has(XEN_NOTE.hypercallPage) && !has(XEN_NOTE.loader)) return undefined;
    return elf.bits === 64 ? "pv" : "pv32";
}
