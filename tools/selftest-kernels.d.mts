/** Return a digest of the sources and flags of a kernel. */
export function sourceOf(platform: "kvm" | "xen"): Promise<string>;
