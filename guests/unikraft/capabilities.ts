import type { GuestCapabilities } from "../../model";
import { commandLineGuest } from "../commandLine";
import { type KernelFacts, xenBoot } from "../kernel";

/**
 * Capabilities of Unikraft 0.17 and 0.18, found by running them on QEMU 7.2. It sees nothing behind the root ports of
 * q35, and no modern virtio. A program that ends, and a crash, power the machine off: only pvpanic tells the host which.
 * Under UEFI and GRUB its network gets no packets.
 */
export function unikraftCapabilities(kernel: KernelFacts): GuestCapabilities {
    return {
        ...commandLineGuest,
        shutdown: false,
        minMemory: 4,
        maxInterfaces: 4,
        ends: "poweroff",
        panicDevice: true,
        firmware: ["bios"],
        xen: xenBoot(kernel),
    };
}
