import { type Firmware, firstLineOf, hasCode, type UnikernelError } from "../model";
import { moduleFolder } from "./iso";
import { probeAccelerator } from "./kvm";
import { openHost } from "./libvirt";
import { goByVolumes, guestsFolder } from "./libvirt/files";
import { shellOf } from "./libvirt/hostShell";
import { readCapabilities } from "./libvirt/xml";
import { inspectXen, type XenFacts } from "./xen";

/** Facts of a host, for display. */
export interface HostFacts {
    hostname: string;
    /** An unprivileged daemon of one user. */
    session: boolean;
    /** The host is this machine. */
    local: boolean;
    /** Dotted versions. */
    libvirt: string;
    /** The hypervisor's version: QEMU's, or Xen's on a Xen host. */
    qemu: string;
    /** Domain types for x86_64 guests: `qemu`, `kvm`, `xen`. Empty: there is no emulator. */
    emulators: string[];
    /** The user that guests run as; undefined: the daemon's own user. */
    qemuUser?: { uid: number; gid: number };
    /** The folder of boot files; undefined when it is not on this machine. */
    folder?: string;
    /** We may not write there, so libvirt writes the files as storage volumes. */
    volumes: boolean;
    networks: { name: string; active: boolean }[];
}

/**
 * Load libvirt's library. Needs no daemon, because the test driver is part of the library.
 * @returns its version
 * @throws UnikernelError `program-missing` when it cannot be loaded
 */
export async function libraryVersion(): Promise<string> {
    const host = await openHost("test:///default");
    return dotted((await host.info()).libvirtVersion);
}

/**
 * Return the facts of a host. Starts nothing.
 * @throws UnikernelError `unreachable`, `permission`, `unsupported`
 */
export async function inspectHost(uri: string): Promise<HostFacts> {
    const host = await openHost(uri);
    const { hostname, session, local, libvirtVersion, hypervisorVersion, capabilities } = await host.info();
    const { domainTypes, qemuUser } = readCapabilities(capabilities);
    return {
        hostname,
        session,
        local,
        qemuUser,
        libvirt: dotted(libvirtVersion),
        qemu: dotted(hypervisorVersion),
        emulators: domainTypes,
        folder: local ? guestsFolder(uri) : undefined,
        volumes: await goByVolumes(host.files),
        networks: await networksOf(uri),
    };
}

/**
 * Return the facts that only a Xen host's dom0 knows, by a shell on this machine or over ssh.
 * @returns undefined where the connection offers libvirt but no shell (tcp, tls)
 * @throws UnikernelError the errors of a shell on that host
 */
export async function inspectDom0(uri: string): Promise<XenFacts | undefined> {
    const { local } = await (await openHost(uri)).info();
    const shell = shellOf(uri);
    return shell && inspectXen(shell, local ? "local" : "remote");
}

/** Return, for each firmware, the folder of GRUB's modules, or the error and the hint where there is none. */
export async function bootLoaders(): Promise<{ firmware: Firmware; folder?: string; error?: string; hint?: string }[]> {
    return Promise.all(
        (["bios", "uefi"] as const).map((firmware) =>
            moduleFolder(firmware).then(
                (folder) => ({ firmware, folder }),
                (error: UnikernelError) => ({ firmware, error: error.message.split("\n")[0], hint: error.hint }),
            ),
        ),
    );
}

/** Return a host's networks; [] for a driver that does not support networks. */
async function networksOf(uri: string): Promise<HostFacts["networks"]> {
    try {
        const networks = await (await openHost(uri)).networks.list();
        return networks.map(({ name, active }) => ({ name, active }));
    } catch (error) {
        if (hasCode(error, "unsupported")) return [];
        throw error;
    }
}

/**
 * Boot the probe guest, and remove it before returning.
 * @param seconds time limit
 */
export async function bootProbe(
    uri: string,
    accelerator: "kvm" | "tcg",
    seconds: number,
): Promise<{ booted: boolean; seconds?: number; because?: string }> {
    try {
        return await probeAccelerator(await openHost(uri), accelerator, { timeout: seconds * 1000 });
    } catch (error) {
        return { booted: false, because: firstLineOf(error) };
    }
}

/** Format libvirt's version numbers: major * 1,000,000 + minor * 1,000 + release (virGetVersion). */
function dotted(version: number): string {
    return [Math.floor(version / 1e6), Math.floor(version / 1e3) % 1e3, version % 1e3].join(".");
}
