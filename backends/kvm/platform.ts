import { ipAddresses } from "../libvirt/addresses";
import { mediumOnly } from "../libvirt/consequences";
import { consoleCommand } from "../libvirt/consoleCommand";
import type { LibvirtPlatform } from "../libvirt/platform";
import { hostBindingProblems } from "./bindable";
import { checkKvm } from "./check";
import { chooseKvm } from "./choose";
import { kvmConsequences } from "./consequences";
import { kvmModel } from "./model";
import { opensPrivateFiles } from "./privateFiles";

/** KVM, or QEMU's emulation on a host without it. */
export const kvm: LibvirtPlatform = {
    platform: "kvm",
    driver: "qemu",
    imports: true,
    // libvirt has no session for root; other users may have no access to the system's daemon.
    defaultConnection: () => (process.getuid?.() === 0 ? "qemu:///system" : "qemu:///session"),
    consequences: { ...mediumOnly, ...kvmConsequences },
    check: checkKvm,
    hostProblems: hostBindingProblems,
    choose: chooseKvm,
    model: kvmModel,
    ipAddresses,
    opensPrivateFiles,
    consoleCommand,
};
