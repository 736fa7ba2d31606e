import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { probeKernel, readProbe } from "../../guests";
import { duringCleanup, hasCode, throwIfAborted } from "../../model";
import { renderDomain } from "../libvirt/devices";
import type { Host } from "../libvirt/host";
import type { DomainModel } from "../libvirt/model";

/** The result of the probe guest under one accelerator. */
export interface ProbeResult {
    booted: boolean;
    /** Seconds until it reported success. */
    seconds?: number;
    /** The reason of a failure, in one sentence. */
    because?: string;
    /** The guest was started. False where the host refused it, which says little about the accelerator. */
    tried: boolean;
}

export interface ProbeOptions {
    /** Time limit in milliseconds. @default 5000 */
    timeout?: number;
}

const PREFIX = "unikernel-probe-";
const LOG = "console.log";
const KERNEL = "kernel";
/** libvirt quotes the last output of a QEMU that ended before it answered; newer releases name the domain before it. */
const QEMU_SAID =
    /(?:closed the monitor|connecting to monitor)(?: \(vm='[^']*'\))?: (?:[\dT:.-]+Z )?(?:qemu\S*: )?(.+)/;
/** An older probe guest was left by a process that was killed. Milliseconds. */
const ABANDONED = 60_000;

/**
 * Boot a guest of 1 KB on the host, as the user that guests run as, and return whether it comes up. The guest is
 * removed in every case. Throws only errors that say nothing about the accelerator (`unreachable`, an abort).
 */
export async function probeAccelerator(
    host: Host,
    accelerator: "kvm" | "tcg",
    { timeout = 5000 }: ProbeOptions = {},
): Promise<ProbeResult> {
    try {
        return await withProbe(host, accelerator, 0o644, async (uuid) => {
            await host.domains.start(uuid, { paused: false });
            return watch(host, uuid, timeout);
        });
    } catch (error) {
        if (hasCode(error, "unreachable", "timeout") || !(error instanceof Error)) throw error;
        throwIfAborted();
        const said = QEMU_SAID.exec(error.message)?.[1];
        return {
            booted: false,
            tried: said !== undefined,
            because: said ? `QEMU ended at once: ${said}` : error.message.split("\n")[0],
        };
    }
}

/**
 * Return whether a guest can open a kernel that only its owner may read (mode 0600). The probe guest is started paused,
 * and never runs. Where it does not start, a second one with a world-readable kernel is tried, because libvirt does not
 * always quote QEMU's message about the file. Return true where that one fails too: then the cause is another.
 */
export async function probePrivateFile(host: Host, accelerator: "kvm" | "tcg"): Promise<boolean> {
    return (await opensKernel(host, accelerator, 0o600)) || !(await opensKernel(host, accelerator, 0o644));
}

function opensKernel(host: Host, accelerator: "kvm" | "tcg", mode: number): Promise<boolean> {
    return withProbe(host, accelerator, mode, async (uuid) => {
        try {
            await host.domains.start(uuid, { paused: true });
            return true;
        } catch (error) {
            if (hasCode(error, "unreachable", "timeout") || !(error instanceof Error)) throw error;
            throwIfAborted();
            return false;
        }
    });
}

/** Define a probe guest, run `work` on it, and remove it and its files. */
async function withProbe<T>(
    host: Host,
    accelerator: "kvm" | "tcg",
    mode: number,
    work: (uuid: string) => Promise<T>,
): Promise<T> {
    const uuid = randomUUID();
    try {
        await sweep(host);
        await host.files.put(uuid, KERNEL, [{ bytes: probeKernel() }], { mode });
        const [kernel, log] = await Promise.all([host.files.path(uuid, KERNEL), host.files.path(uuid, LOG)]);
        await host.domains.define(renderDomain(probeModel(uuid, accelerator, kernel, log)));
        return await work(uuid);
    } finally {
        await duringCleanup(() => remove(host, uuid));
    }
}

function probeModel(uuid: string, accelerator: "kvm" | "tcg", kernel: string, log: string): DomainModel {
    return {
        type: accelerator === "kvm" ? "kvm" : "qemu",
        osType: "hvm",
        name: `${PREFIX}${Date.now().toString(36)}-${uuid.slice(0, 8)}`,
        uuid,
        memoryMib: 16,
        vcpus: 1,
        arch: "x86_64",
        machine: "pc",
        cpu: accelerator === "kvm" ? "host-passthrough" : "maximum",
        boot: { kernel },
        onCrash: "destroy",
        onReboot: "destroy",
        disks: [],
        interfaces: [],
        console: { log, append: false },
        panicDevice: false,
        qemuArgs: [],
    };
}

async function watch(host: Host, uuid: string, timeout: number): Promise<ProbeResult> {
    const begin = Date.now();
    for (;;) {
        throwIfAborted();
        // Read the state first: the output of a guest that is off is then complete.
        const state = await host.domains.state(uuid);
        const { ok, reached } = readProbe(await host.files.read(uuid, LOG, { length: 4096 }));
        const seconds = (Date.now() - begin) / 1000;
        if (ok) return { booted: true, tried: true, seconds };
        const after = reached ? `after "${reached}"` : "before its first instruction";
        if (state?.state === "paused")
            return {
                booted: false,
                tried: true,
                because: `QEMU stopped the probe guest ${after}: the processor met an instruction that it could not run`,
            };
        if (!state?.active) return { booted: false, tried: true, because: `the probe guest ended ${after}` };
        if (seconds * 1000 > timeout)
            return { booted: false, tried: true, because: `the probe guest hung ${after} for ${timeout / 1000} s` };
        await sleep(40);
    }
}

async function remove(host: Host, uuid: string): Promise<void> {
    await host.domains.destroy(uuid).catch(ignoreGone);
    await host.domains.undefine(uuid);
    for (const { name } of await host.files.list(uuid)) await host.files.remove(uuid, name);
    await host.files.removeFolder(uuid);
}

function ignoreGone(error: unknown): void {
    if (!hasCode(error, "not-found")) throw error;
}

async function sweep(host: Host): Promise<void> {
    for (const { name, uuid } of await host.domains.list()) {
        if (!name.startsWith(PREFIX)) continue;
        const born = parseInt(name.slice(PREFIX.length), 36);
        if (Date.now() - born > ABANDONED) await remove(host, uuid);
    }
}
