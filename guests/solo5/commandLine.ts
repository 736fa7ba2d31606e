import type { UnikernelSpec } from "../../model";
import { mirageOptions, quoteForMirage } from "./mirage";

/** The first word, which a virtio binary skips: QEMU writes the kernel's path there, a boot loader nothing. */
const PLACEHOLDER = "solo5";

/**
 * Return the text that the program gets, with the skipped word where no loader writes it. Solo5 hands the text on as it
 * is; how it is split is the program's affair, and known of MirageOS only.
 */
export function commandLine(
    spec: Pick<UnikernelSpec, "platform" | "args" | "mirage" | "interfaces" | "hostname">,
): string {
    const text = spec.mirage
        ? [...mirageOptions(spec), ...spec.args].map(quoteForMirage).join(" ")
        : spec.args.join(" ");
    return spec.platform === "iso" ? `${PLACEHOLDER} ${text}`.trimEnd() : text;
}
