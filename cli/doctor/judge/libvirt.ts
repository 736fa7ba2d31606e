import { compareVersions, type Finding } from "../finding";

/** The oldest version with the functions and machine models that this package uses, and the oldest that was tested. */
const LIBVIRT = { oldest: "6.0.0", tried: "9.0.0" };
const QEMU = { oldest: "4.0.0", tried: "7.2.0" };

export interface LibraryFacts {
    version?: string;
    error?: string;
}

export function judgeLibrary({ version, error }: LibraryFacts): Finding {
    if (version) return { status: "ok", found: `libvirt.so.0, version ${version}` };
    return {
        status: "fail",
        found: `libvirt.so.0 cannot be loaded: ${error ?? "unknown error"}`,
        fix: "sudo apt-get install libvirt0",
    };
}

export interface ConnectionFacts {
    uri: string;
    hostname?: string;
    error?: { code: string; message: string };
    /** The ssh command of a connection by ssh, as typed by hand. */
    login?: string;
    /** A service manager (systemd) runs on this machine. */
    managed: boolean;
    /** libvirtd is installed on this machine. */
    daemon: boolean;
    /** Name of the current user. */
    user: string;
    root: boolean;
}

export function judgeConnection(facts: ConnectionFacts): Finding {
    const { uri, hostname, error } = facts;
    const xen = isXen(uri);
    if (!error) return { status: "ok", found: `${uri} on ${hostname ?? "an unnamed host"}` };
    const found = `${uri}: ${error.message.split("\n")[0]}`;
    if (facts.login !== undefined) {
        const talks = /printed ".*" at its start/.test(found);
        return {
            status: "fail",
            found,
            fix: talks ? `${facts.login} true` : `${facts.login} virsh version`,
            note: talks
                ? "That must print nothing: let the shell's start-up files there (~/.bashrc) print in terminals only, as by: case $- in *i*) echo hello;; esac"
                : "That must answer without a question; then libvirt can be reached over ssh too.",
        };
    }
    if (!facts.daemon)
        return { status: "fail", found, fix: "sudo apt-get install libvirt-daemon-system libvirt-clients" };
    if (error.code === "permission") {
        return {
            status: "fail",
            found,
            fix: `sudo usermod -aG libvirt ${facts.user}`,
            note: `Then log in again: groups are read at login.${xen ? "" : " Or use qemu:///session, which needs no group."}`,
        };
    }
    if (error.code === "unsupported")
        return {
            status: "fail",
            found,
            fix: `sudo apt-get install libvirt-daemon-system ${xen ? "libvirt-daemon-driver-xen" : "qemu-system-x86"}`,
        };
    const socket = new URLSearchParams(uri.split("?")[1]).get("socket");
    if (socket) return { status: "fail", found, note: `Start the libvirtd whose socket is ${socket}.` };
    if (/\/session$/.test(uri.split("?")[0] ?? ""))
        return {
            status: "fail",
            found,
            fix: "libvirtd -d",
            note: "A session daemon starts by itself when it can; this one did not.",
        };
    if (facts.managed) return { status: "fail", found, fix: "sudo systemctl start libvirtd" };
    // Joined by `;`, not by `&&`: virtlogd may run already.
    return {
        status: "fail",
        found,
        fix: facts.root ? "virtlogd -d; libvirtd -d" : "sudo virtlogd -d; sudo libvirtd -d",
    };
}

/** Return whether the guests of a connection run on Xen. */
export function isXen(uri: string): boolean {
    return /^xen[+:]/.test(uri);
}

export interface DriverFacts {
    libvirt: string;
    qemu: string;
    /** Emulators of the host's capabilities for x86_64. */
    emulators: string[];
}

export function judgeDriver({ libvirt, qemu, emulators }: DriverFacts): Finding {
    if (emulators.length === 0) {
        return {
            status: "fail",
            found: "libvirt knows no emulator for x86_64",
            fix: "sudo apt-get install qemu-system-x86",
            note: "Then restart libvirtd.",
        };
    }
    const found = `libvirt ${libvirt}, QEMU ${qemu} (${emulators.join(", ")})`;
    for (const [name, version, limits] of [
        ["libvirt", libvirt, LIBVIRT],
        ["QEMU", qemu, QEMU],
    ] as const) {
        if (compareVersions(version, limits.oldest) < 0)
            return { status: "fail", found, note: `${name} ${limits.oldest} is the oldest that can work.` };
        if (compareVersions(version, limits.tried) < 0)
            return { status: "warn", found, note: `${name} below ${limits.tried} was never tried.` };
    }
    return { status: "ok", found };
}
