import type { Context } from "../backend";
import type { Host, HostInfo } from "../libvirt/host";
import { readCapabilities } from "../libvirt/xml";
import { verdict } from "./choose";
import { probeAccelerator } from "./probe";
import { readVerdict, writeVerdict } from "./verdicts";

/** Time limit of the probe under emulation, which is slow, and slower on a busy host. Milliseconds. */
const EMULATION_MS = 30_000;

/**
 * Return the accelerators under which a probe guest boots on a host, best first; `auto` uses the first. Results of
 * probes are cached, so that most calls start nothing.
 */
export async function workingAccelerators(host: Host, context: Pick<Context, "log">): Promise<("kvm" | "tcg")[]> {
    const info = await host.info();
    const { domainTypes } = readCapabilities(info.capabilities);
    const kvm = domainTypes.includes("kvm") && (await verdict(host, info, context)).booted;
    const tcg = domainTypes.includes("qemu") && (await emulates(host, info));
    return [...(kvm ? ["kvm" as const] : []), ...(tcg ? ["tcg" as const] : [])];
}

async function emulates(host: Host, info: HostInfo): Promise<boolean> {
    const known = await readVerdict(info, "tcg");
    if (known) return known.booted;
    const { booted, because, tried } = await probeAccelerator(host, "tcg", { timeout: EMULATION_MS });
    if (tried) await writeVerdict(info, { booted, because }, "tcg");
    return booted;
}
