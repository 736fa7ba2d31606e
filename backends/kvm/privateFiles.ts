import type { Host } from "../libvirt/host";
import type { RunningGuest } from "../libvirt/platform";
import { readCapabilities } from "../libvirt/xml";
import { probePrivateFile } from "./probe";

/**
 * Return whether a guest that starts now can open a file of mode 0600. With `dynamic_ownership = 1` in qemu.conf,
 * libvirt's DAC driver gives all files of a starting domain, its kernel included, to QEMU's user
 * (virSecurityDACSetAllLabel in security_dac.c); with 0 they keep their owner, and libvirt does not report the setting.
 * So first look at the owner of the running guest's kernel. Another owner proves nothing, because the setting may have
 * changed since that start, or the file may have been replaced: then try a probe guest.
 */
export async function opensPrivateFiles(host: Host, { uuid, type, kernel }: RunningGuest): Promise<boolean> {
    const { qemuUser } = readCapabilities((await host.info()).capabilities);
    if (qemuUser === undefined || qemuUser.uid === 0) return true;
    if (kernel !== undefined && (await host.files.owner(uuid, kernel)) === qemuUser.uid) return true;
    return probePrivateFile(host, type === "kvm" ? "kvm" : "tcg");
}
