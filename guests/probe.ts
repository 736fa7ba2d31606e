import { linesOf } from "./console";
import { PROBE_IMAGE } from "./probe/image";

/** The stages that the probe reaches, each a line `probe: STAGE` on its console, in order. */
export const PROBE_STAGES = ["protected mode", "interrupts", "long mode", "ok"] as const;

/**
 * A multiboot kernel of under 1 KB (probe/probe.S) that tells whether an accelerator really boots guests. That /dev/kvm
 * opens, and even that firmware runs on it, says little: a KVM that interprets privileged code runs firmware for seconds,
 * then stops at the first instruction that it does not know, or takes minutes to unpack a Linux kernel.
 *
 * Start it with 4 MiB or more and a serial line, machine `pc` or `q35`, with the CPU model that guests will get. Where
 * guests boot it prints its last stage and powers off within a tenth of a second of the firmware's start (0.2 s in all
 * under emulation); 5 s are ample. QEMU paused by an internal error, or still running then: the accelerator does not work.
 */
export function probeKernel(): Uint8Array {
    return Buffer.from(PROBE_IMAGE, "base64");
}

export interface ProbeVerdict {
    ok: boolean;
    /** The last stage reached; undefined: the probe was never started. */
    reached?: (typeof PROBE_STAGES)[number];
}

/** Reads the probe's console. */
export function readProbe(console: string): ProbeVerdict {
    const lines = linesOf(console);
    const reached = PROBE_STAGES.findLast((stage) => lines.includes(`probe: ${stage}`));
    return { ok: reached === "ok", reached };
}
