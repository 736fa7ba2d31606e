import type { XenFacts } from "../../../core/commands";
import { compareVersions, type Finding } from "../finding";

/** The oldest versions that were tested. */
const TRIED = { libvirt: "9.0.0", xen: "4.17.0" };

export function judgeXenDriver({ libvirt, xen, types }: { libvirt: string; xen: string; types: string[] }): Finding {
    if (!types.includes("xen")) {
        return {
            status: "fail",
            found: `libvirt offers no Xen guests, but ${types.join(" and ") || "none"}`,
            fix: "sudo apt-get install xen-system-amd64 libvirt-daemon-driver-xen",
            note: "Then start the machine with Xen: the boot menu has an entry for it.",
        };
    }
    const found = `libvirt ${libvirt}, Xen ${xen}`;
    for (const [name, version, tried] of [
        ["libvirt", libvirt, TRIED.libvirt],
        ["Xen", xen, TRIED.xen],
    ] as const) {
        if (compareVersions(version, tried) < 0)
            return { status: "warn", found, note: `${name} below ${tried} was never tried.` };
    }
    return { status: "ok", found };
}

export function judgeToolstack({ toolstack }: Pick<XenFacts, "toolstack">): Finding {
    if (toolstack) return { status: "ok", found: toolstack };
    return {
        status: "warn",
        found: "xl is not installed: only libvirt can inspect and manage guests",
        fix: "sudo apt-get install xen-utils-common",
    };
}

export function judgeXenstore({ xenstore: { path, state } }: Pick<XenFacts, "xenstore">): Finding {
    if (state === "open") return { status: "ok", found: path };
    if (state === "closed") {
        return {
            status: "warn",
            found: `${path} is there but closed to us, so guests that get their configuration through it (rumprun) cannot be started`,
            note: "Run pulumi as root, or reach the host as root by ssh.",
        };
    }
    return { status: "fail", found: `${path} is not there`, fix: "sudo service xen start" };
}

export function judgeConsoles({ consoles }: Pick<XenFacts, "consoles">): Finding {
    if (consoles === "kept") return { status: "ok", found: "xenconsoled keeps what guests print" };
    if (consoles === "absent")
        return {
            status: "fail",
            found: "xenconsoled does not run: no guest has a console",
            fix: "sudo service xen start",
        };
    return {
        status: "warn",
        found: "xenconsoled keeps no log, so consoleLog is empty, and readiness.console sees only what guests print while pulumi listens",
        fix: "echo 'XENCONSOLED_ARGS=\"--log=guest\"' | sudo tee -a /etc/default/xen && sudo service xen restart",
    };
}

export function judgeDisks({ qemu }: Pick<XenFacts, "qemu">): Finding {
    if (qemu) return { status: "ok", found: qemu };
    return {
        status: "warn",
        found: "there is no QEMU for Xen: writable disks take loop devices, and qcow2 images are refused",
        fix: "sudo apt-get install qemu-system-xen",
    };
}

export function judgeXenBridges({ bridges }: Pick<XenFacts, "bridges">): Finding {
    if (bridges.length > 0) return { status: "ok", found: bridges.join(", ") };
    return {
        status: "warn",
        found: "there is none, so attach: { bridge } cannot be used",
        fix: "sudo ip link add xenbr0 type bridge && sudo ip link set xenbr0 up",
        note: "This holds until the machine restarts, and without a way out: give the bridge a network card in the machine's own configuration.",
    };
}
