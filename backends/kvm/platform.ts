import type { LibvirtPlatform } from "../libvirt/platform";
import { ipAddresses } from "./addresses";
import { checkKvm } from "./check";
import { chooseKvm } from "./choose";
import { kvmConsequences } from "./consequences";
import { kvmMeaningless } from "./meaningless";
import { kvmModel } from "./model";

/** KVM, and QEMU's emulation where there is none. */
export const kvm: LibvirtPlatform = {
    platform: "kvm",
    // libvirt: root has no session of its own worth the name; everybody else may not be let into the system's daemon.
    defaultConnection: () => (process.getuid?.() === 0 ? "qemu:///system" : "qemu:///session"),
    consequences: kvmConsequences,
    meaningless: kvmMeaningless,
    check: checkKvm,
    choose: chooseKvm,
    model: kvmModel,
    ipAddresses,
    consoleCommand: ({ connection, name }) => `virsh -c ${quote(connection)} console ${quote(name)}`,
};

/** For a POSIX shell: a remote URI may hold `?` and `&`. */
function quote(word: string): string {
    return /^[\w./:@+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
