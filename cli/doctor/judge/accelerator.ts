import type { Finding } from "../finding";

/** The result of the probe guest under one accelerator. */
export interface ProbeFacts {
    booted: boolean;
    /** Seconds until it printed its line. */
    seconds?: number;
    /** The reason of a failure, in one sentence. */
    because?: string;
}

export interface KvmDevice {
    state: "absent" | "closed" | "open";
    /** The user that guests run as, for whom it is open or closed. */
    user: string;
    /** The group that may open it, if any. */
    group?: string;
}

export interface AcceleratorFacts {
    /** /dev/kvm; undefined on another machine. */
    device?: KvmDevice;
    kvm: ProbeFacts;
    tcg: ProbeFacts;
}

export function judgeAccelerators({ device, kvm, tcg }: AcceleratorFacts): Finding[] {
    return [judgeKvm(device, kvm, tcg), judgeTcg(kvm, tcg)];
}

function judgeKvm(device: AcceleratorFacts["device"], kvm: ProbeFacts, tcg: ProbeFacts): Finding {
    if (kvm.booted) return { status: "ok", found: `kvm: the probe guest booted${after(kvm)}` };
    const instead = tcg.booted ? "accelerator auto will use tcg" : "accelerator auto has nothing to use";
    if (device?.state === "absent") {
        return {
            status: "warn",
            found: `kvm: there is no /dev/kvm; ${instead}`,
            note: "Turn virtualisation on in the firmware, or nested virtualisation in the host of this machine; then `sudo modprobe kvm_intel` or `kvm_amd`.",
        };
    }
    if (device?.state === "closed") {
        return {
            status: "warn",
            found: `kvm: /dev/kvm is there but ${device.user} may not open it; ${instead}`,
            fix: device.group
                ? `sudo usermod -aG ${device.group} ${device.user}`
                : "sudo chgrp kvm /dev/kvm && sudo chmod 0660 /dev/kvm",
            note: device.group
                ? "Then log in again, and restart libvirtd."
                : "This holds until the machine restarts; a udev rule makes it permanent.",
        };
    }
    const there = device?.state === "open" ? "/dev/kvm is there but " : "";
    return { status: "warn", found: `kvm: ${there}the probe guest did not boot; ${instead}`, note: kvm.because };
}

function judgeTcg(kvm: ProbeFacts, tcg: ProbeFacts): Finding {
    if (tcg.booted) return { status: "ok", found: `tcg: the probe guest booted${after(tcg)}` };
    return { status: kvm.booted ? "warn" : "fail", found: "tcg: the probe guest did not boot", note: tcg.because };
}

function after({ seconds }: ProbeFacts): string {
    return seconds === undefined ? "" : ` in ${seconds.toFixed(1)} s`;
}
