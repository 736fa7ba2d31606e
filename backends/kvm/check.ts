import { type GuestCapabilities, type InterfaceSpec, ownAddress, type Problem, type UnikernelSpec } from "../../model";
import { isSession } from "../libvirt/client";
import { SLOTS } from "./model";
import { LONGEST_USER_PREFIX } from "./subnet";

/**
 * Return the problems of a spec that KVM cannot realise. Form and clashes of values and the guest's limits were checked
 * before.
 */
export function checkKvm(spec: UnikernelSpec, guest: GuestCapabilities): Problem[] {
    const session = isSession(spec.connection);
    return [
        ...(guest.platforms.includes("kvm")
            ? []
            : [
                  {
                      property: "platform",
                      reason: `a ${spec.guest} guest runs on ${guest.platforms.join(" and ")}, not on kvm`,
                  },
              ]),
        ...checkSlots(spec),
        ...checkCrash(spec, guest),
        ...spec.interfaces.flatMap((one, index) => checkInterface(one, `interfaces[${index}]`, session)),
    ];
}

/** Refuse a restart after a crash that QEMU cannot detect: a halt causes no panic event, no reset and no power-off. */
function checkCrash({ onCrash, guest: name }: UnikernelSpec, { ends, panicDevice }: GuestCapabilities): Problem[] {
    if (onCrash !== "restart" || ends !== "halt" || panicDevice) return [];
    return [
        {
            property: "onCrash",
            reason: `the host never learns that a ${name} guest crashed: it halts, and its machine stays on. Use "destroy" or "preserve"`,
        },
    ];
}

function checkSlots({ blocks, interfaces }: UnikernelSpec): Problem[] {
    if (blocks.length + interfaces.length <= SLOTS) return [];
    return [
        {
            property: blocks.length > interfaces.length ? "blocks" : "interfaces",
            reason: `${blocks.length} disks and ${interfaces.length} interfaces: the machine has ${SLOTS} PCI slots for both together`,
        },
    ];
}

function checkInterface({ attach, ipv4 }: InterfaceSpec, at: string, session: boolean): Problem[] {
    if ("network" in attach && session) {
        return [
            {
                property: `${at}.attach.network`,
                reason: `a session has no rights to libvirt's networks; use attach: { user: … }, or connection: "qemu:///system"`,
            },
        ];
    }
    const prefix = Number(ownAddress(ipv4)?.address.split("/")[1] ?? 0);
    if ("user" in attach && prefix > LONGEST_USER_PREFIX) {
        return [
            {
                property: `${at}.ipv4.address`,
                reason: `a user-mode network needs room for a gateway and a name server: /${LONGEST_USER_PREFIX} or shorter, not /${prefix}`,
            },
        ];
    }
    return [];
}
