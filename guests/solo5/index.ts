import type { Platform, UnikernelSpec } from "../../model";
import type { EncodeContext, GuestAbi } from "../abi";
import type { KernelFacts } from "../kernel";
import { multibootMedium } from "../medium";
import { solo5Capabilities } from "./capabilities";
import { checkSolo5, warnSolo5 } from "./check";
import { commandLine } from "./commandLine";
import { readSolo5Console } from "./console";
import { orderOf } from "./devices";
import { type Solo5Target, solo5Facts } from "./manifest";

/**
 * solo5: programs on Solo5 (github.com/Solo5/solo5), among them MirageOS, as its releases 0.9 and 0.12 take their
 * configuration: one text, and exactly the devices that the binary declares.
 */
export const solo5: GuestAbi = {
    id: "solo5",
    recognise,
    capabilities: solo5Capabilities,
    check: checkSolo5,
    warnings: warnSolo5,
    encode,
    readConsole: readSolo5Console,
    requestsAddress: () => "unknown",
};

/** hvt and spt run under programs of their own (solo5-hvt, solo5-spt), muen and genode on other systems. */
const PLATFORMS: Partial<Record<Solo5Target, Platform[]>> = { virtio: ["kvm", "iso"], xen: ["xen"] };

function recognise(kernel: KernelFacts): ReturnType<GuestAbi["recognise"]> {
    const platforms = PLATFORMS[solo5Facts(kernel)?.target ?? "hvt"];
    return platforms && { platforms };
}

function encode(spec: UnikernelSpec, { platform, initrd, kernel }: EncodeContext): ReturnType<GuestAbi["encode"]> {
    const line = commandLine({ ...spec, platform });
    const declared = kernel && solo5Facts(kernel)?.devices;
    return {
        cmdline: line,
        initrd: initrd === undefined ? [] : [{ file: initrd }],
        secret: false,
        ...(platform === "kvm" && declared ? { devices: orderOf(spec, declared) } : {}),
        ...(platform === "iso" ? { medium: multibootMedium(kernel) } : {}),
        guestConfig: line,
    };
}
