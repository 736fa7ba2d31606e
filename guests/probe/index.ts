import { linesOf } from "../console";
import { PROBE_IMAGE } from "./image";

/** The stages of the probe, in order. It prints a line `probe: STAGE` at each. */
export const PROBE_STAGES = ["protected mode", "interrupts", "long mode", "ok"] as const;

/**
 * Return a multiboot kernel of under 1 KB (probe/probe.S) that shows whether an accelerator really boots guests. An
 * accessible /dev/kvm, and even firmware that runs on it, prove little: a KVM that interprets privileged code runs
 * firmware for seconds, then stops at the first unknown instruction, or takes minutes to unpack a Linux kernel.
 *
 * Start it with 4 MiB or more and a serial line, on machine `pc` or `q35`, with the CPU model that guests will get.
 * Where guests boot, it prints its last stage and powers off within a tenth of a second of the firmware's start (0.2 s
 * in all under emulation); 5 s are ample. If QEMU is paused by an internal error, or still running after that time, the
 * accelerator does not work.
 */
export function probeKernel(): Uint8Array {
    return Buffer.from(PROBE_IMAGE, "base64");
}

export interface ProbeVerdict {
    ok: boolean;
    /** The last stage reached; undefined: the probe did not start. */
    reached?: (typeof PROBE_STAGES)[number];
}

/** Parse the probe's console. */
export function readProbe(console: string): ProbeVerdict {
    const lines = linesOf(console);
    const reached = PROBE_STAGES.findLast((stage) => lines.includes(`probe: ${stage}`));
    return { ok: reached === "ok", reached };
}
