import { ipAddresses } from "../libvirt/addresses";
import { mediumOnly } from "../libvirt/consequences";
import { consoleCommand } from "../libvirt/consoleCommand";
import type { LibvirtPlatform } from "../libvirt/platform";
import { checkKvm } from "./check";
import { kvmConsequences } from "./consequences";
import { areUsual } from "./usualForwards";

/** Loaded when a host is asked or changed: a check needs none of them. */
const operations = () => require("./operations") as typeof import("./operations");

/** KVM, or QEMU's emulation on a host without it. */
export const kvm: LibvirtPlatform = {
    platform: "kvm",
    driver: "qemu",
    imports: true,
    // libvirt has no session for root; other users may have no access to the system's daemon.
    defaultConnection: () => (process.getuid?.() === 0 ? "qemu:///system" : "qemu:///session"),
    consequences: { ...mediumOnly, ...kvmConsequences },
    check: checkKvm,
    hostProblems: async (spec, open) => (areUsual(spec) ? [] : operations().hostBindingProblems(spec, open)),
    choose: (...args) => operations().chooseKvm(...args),
    model: (...args) => operations().kvmModel(...args),
    ipAddresses,
    opensPrivateFiles: (...args) => operations().opensPrivateFiles(...args),
    consoleCommand,
    uptimes: (host, uuids) => operations().qemuUptimes(host, uuids),
};
