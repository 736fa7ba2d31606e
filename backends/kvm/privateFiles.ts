import type { Host } from "../libvirt/host";
import type { RunningGuest } from "../libvirt/platform";
import { readCapabilities } from "../libvirt/xml";
import { probePrivateFile } from "./probe";

/**
 * Return whether a guest that starts now may open a file of mode 0600. With `dynamic_ownership = 1` in qemu.conf, libvirt's DAC driver
 * gives all files of a domain to QEMU's user when it starts, its kernel too (virSecurityDACSetAllLabel in security_dac.c); with 0 they
 * keep their owner, and nothing that libvirt reports tells the two apart. So the kernel of the guest that runs is asked first. Another owner
 * proves nothing: the setting may have changed since that start, or the file may have been put there again. Then a probe guest is tried.
 */
export async function opensPrivateFiles(host: Host, { uuid, type, kernel }: RunningGuest): Promise<boolean> {
    const { qemuUser } = readCapabilities((await host.info()).capabilities);
    if (qemuUser === undefined || qemuUser.uid === 0) return true;
    if (kernel !== undefined && (await host.files.owner(uuid, kernel)) === qemuUser.uid) return true;
    return probePrivateFile(host, type === "kvm" ? "kvm" : "tcg");
}
