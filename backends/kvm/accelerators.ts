import type { Context } from "../backend";
import type { Host, HostInfo } from "../libvirt/host";
import { readCapabilities } from "../libvirt/xml";
import { verdict } from "./choose";
import { probeAccelerator } from "./probe";
import { readVerdict, writeVerdict } from "./verdicts";

/** Emulation is slow, and slower on a host that does other things too. Milliseconds. */
const EMULATION_MS = 30_000;

/**
 * The accelerators under which a probe guest boots on a host, best first: what `auto` takes is the first. What a probe
 * said is remembered, so that most calls start nothing.
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
