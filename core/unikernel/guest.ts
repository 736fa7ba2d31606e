import type { GuestAbi, KernelFacts } from "../../guests";
import { describeKernel, guestAbi, guestIds, recognise } from "../../guests";
import type { Platform, Problem } from "../../model";
import { problemOf } from "../../model";
import { kernelFacts } from "./kernelFacts";

/** A kernel file and the guest ABI with which it boots. */
export interface Guest {
    abi: GuestAbi;
    kernel: KernelFacts;
}

/** Read the kernel and find its ABI. Refuses a kernel that cannot boot on the platform. */
export async function findGuest(path: string, id: string | undefined, platform: Platform): Promise<Guest | Problem> {
    let kernel: KernelFacts;
    try {
        kernel = await kernelFacts(path);
    } catch (error) {
        return problemOf("kernel", error);
    }
    const named = id === undefined ? undefined : guestAbi(id);
    if (id !== undefined && !named)
        return {
            property: "guest",
            reason: `there is no guest ${JSON.stringify(id)}; expected one of ${guestIds.join(", ")}`,
        };
    const found = recognise(kernel);
    const abi = named ?? found?.abi;
    if (!abi) {
        return {
            property: "kernel",
            reason: `${path} is ${describeKernel(kernel)}; expected a kernel of one of ${guestIds.join(", ")} (set guest where the file does not say)`,
        };
    }
    // The file decides even where the user names the ABI: a Xen kernel does not boot on KVM under any ABI.
    const accepted = named?.recognise(kernel)?.platforms ?? found?.platforms ?? abi.capabilities(kernel).platforms;
    const builtFor = accepted.filter((one) => found === undefined || found.platforms.includes(one));
    if (!builtFor.includes(platform)) {
        return {
            property: "kernel",
            reason: `${path} is built for ${builtFor.join(" and ") || "no platform of this guest"}, platform is ${platform}`,
        };
    }
    return { abi, kernel };
}

export function isProblem(value: object): value is Problem {
    return "reason" in value;
}
