import { gunzipSync } from "node:zlib";

import * as kvm from "./kvm";
import * as xen from "./xen";

const kernels = { kvm, xen };

/** Return the kernel of the throwaway guest: a few KB that keep the rumprun contract and say on the console what they were told. */
export function selftestKernel(platform: keyof typeof kernels): Uint8Array {
    return gunzipSync(Buffer.from(kernels[platform].IMAGE, "base64"));
}

/** Return what names the sources of a kernel; the build compares. */
export function sourceOf(platform: keyof typeof kernels): string {
    return kernels[platform].SOURCE;
}
