import type { GuestCapabilities } from "../../model";
import { commandLineGuest } from "../commandLine";
import { type KernelFacts, xenBoot } from "../kernel";

/** Capabilities of Solo5 0.9 and 0.12. Its own list of devices, not a limit here, says how many disks and interfaces it takes. */
export function solo5Capabilities(kernel: KernelFacts): GuestCapabilities {
    return {
        ...commandLineGuest,
        shutdown: false,
        minMemory: 2,
        maxInterfaces: 16,
        // Before 0.12 a virtio guest stays halted, and the host cannot tell.
        ends: "halt",
        firmware: ["bios"],
        xen: xenBoot(kernel),
    };
}
