/** The differences between libvirt's drivers in the handling of a domain. */
export interface Hypervisor {
    /**
     * QEMU emulates a PC: ACPI, a serial port, and devices that libvirt adds by itself unless a definition turns them
     * off.
     */
    emulatesPc: boolean;
    /** The memory of a running guest changes, up to what it was built with (virDomainSetMemory). */
    balloons: boolean;
    /** The interface of a running guest moves to another network or bridge (virDomainUpdateDevice). */
    movesInterfaces: boolean;
    /** A running guest gets another action for its next crash (virDomainSetLifecycleAction). */
    changesCrashAction: boolean;
    /**
     * A guest that crashes or reboots with the action `restart` is built again as a new domain; it looks like one that
     * is off in between.
     */
    rebuildsToRestart: boolean;
}

const QEMU: Hypervisor = {
    emulatesPc: true,
    balloons: false,
    movesInterfaces: true,
    changesCrashAction: true,
    rebuildsToRestart: false,
};

/** libvirt's libxl driver has no call that moves an interface, and takes note of the crash action at a start. */
const XEN: Hypervisor = {
    emulatesPc: false,
    balloons: true,
    movesInterfaces: false,
    changesCrashAction: false,
    rebuildsToRestart: true,
};

/**
 * Return what the hypervisor of a domain can do, by the type in its definition (formatdomain, "Element and attribute
 * overview").
 */
export function hypervisorOf({ type }: { type: string }): Hypervisor {
    return type === "xen" ? XEN : QEMU;
}
