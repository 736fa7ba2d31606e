import { abortable, detached, type GuestCapabilities, type GuestPlan, UnikernelError } from "../../model";
import type { Context } from "../backend";
import type { Host, HostInfo } from "../libvirt/host";
import type { DomainCapabilityFacts } from "../libvirt/model";
import type { Choices } from "../libvirt/platform";
import { readCapabilities, readDomainCapabilities } from "../libvirt/xml";
import { usesUserNet } from "./model";
import { probeAccelerator } from "./probe";
import { readVerdict, type Verdict, writeVerdict } from "./verdicts";

/** Return the choices that depend on the host. */
export async function chooseKvm(host: Host, { spec, guest }: GuestPlan, context: Context): Promise<Choices> {
    const accelerator = await chooseAccelerator(host, spec.accelerator, context);
    return { accelerator, userNet: await chooseUserNet(host, { spec, guest }, accelerator) };
}

async function chooseAccelerator(
    host: Host,
    wanted: GuestPlan["spec"]["accelerator"],
    context: Context,
): Promise<"kvm" | "tcg"> {
    if (wanted === "tcg") return "tcg";
    const info = await host.info();
    const offered = readCapabilities(info.capabilities).domainTypes.includes("kvm");
    if (wanted === "kvm") {
        // No probe: the user chose KVM explicitly, and readiness detects a guest that does not boot.
        if (offered) return "kvm";
        throw new UnikernelError("unsupported", `libvirt on ${info.hostname} offers no KVM`, {
            property: "accelerator",
            hint: 'npx pulumi-unikernel doctor shows the reason; accelerator: "tcg" works on every host, but is slower',
        });
    }
    return offered && (await verdict(host, info, context)).booted ? "kvm" : "tcg";
}

const asked = new Map<string, Promise<Verdict>>();

/** Return the result of probing KVM on a host. Concurrent callers share one probe. */
export function verdict(host: Host, info: HostInfo, context: Pick<Context, "log">): Promise<Verdict> {
    const key = `${info.uuid} ${info.session}`;
    let answer = asked.get(key);
    // Not with the signal of the first caller: the answer is for all callers, and comes within seconds.
    if (!answer)
        asked.set(
            key,
            (answer = detached(() =>
                probeVerdict(host, info, context).catch((error) => {
                    asked.delete(key);
                    throw error;
                }),
            )),
        );
    return abortable(answer);
}

async function probeVerdict(host: Host, info: HostInfo, context: Pick<Context, "log">): Promise<Verdict> {
    const known = await readVerdict(info);
    if (known) return known;
    const { booted, because, tried } = await probeAccelerator(host, "kvm");
    if (!booted) context.log(`emulation instead of KVM on ${info.hostname}: ${because}`);
    if (tried) await writeVerdict(info, { booted, because });
    return { booted, because };
}

const capabilities = new WeakMap<Host, Map<string, Promise<DomainCapabilityFacts>>>();

/**
 * Choose passt where this libvirt has it. passt cannot be given the guest's network, so a static address needs QEMU's
 * own.
 */
async function chooseUserNet(
    host: Host,
    { spec, guest }: Pick<GuestPlan, "spec" | "guest">,
    accelerator: "kvm" | "tcg",
): Promise<Choices["userNet"]> {
    const isStatic = spec.interfaces.some(
        ({ attach, ipv4, ipv6 }) => "user" in attach && (ipv6 !== undefined || typeof ipv4 === "object"),
    );
    if (!usesUserNet(spec) || isStatic) return "qemu";
    const { netBackends } = await domainCapabilities(host, accelerator === "kvm" ? "kvm" : "qemu", guest.machine);
    return netBackends.includes("passt") ? "passt" : "qemu";
}

/** Return what the host's emulator offers. Asks once for each type and machine. */
export function domainCapabilities(
    host: Host,
    type: "kvm" | "qemu",
    machine: GuestCapabilities["machine"],
): Promise<DomainCapabilityFacts> {
    const known = capabilities.get(host) ?? new Map<string, Promise<DomainCapabilityFacts>>();
    capabilities.set(host, known);
    const key = `${type} ${machine}`;
    let answer = known.get(key);
    if (!answer)
        known.set(
            key,
            (answer = detached(() =>
                host
                    .domainCapabilities(type, machine)
                    .then(readDomainCapabilities)
                    .catch((error) => {
                        known.delete(key);
                        throw error;
                    }),
            )),
        );
    return abortable(answer);
}
