import { gunzipSync } from "node:zlib";

import * as kvm from "./kvm";
import * as xen from "./xen";

const kernels = { kvm, xen };

/** Return the kernel of the throwaway guest: a few KB that read a rumprun configuration and print it on the console. */
export function selftestKernel(platform: keyof typeof kernels): Uint8Array {
    return gunzipSync(Buffer.from(kernels[platform].IMAGE, "base64"));
}

/** Return the digest of a kernel's sources, which the build compares. */
export function sourceOf(platform: keyof typeof kernels): string {
    return kernels[platform].SOURCE;
}
