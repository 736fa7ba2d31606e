/** A host that is up: QEMU, with its console and monitor in a folder of its own. */
export interface BootedXenHost {
    /** The build. */
    folder: string;
    /** This run's files; removed by stop(). */
    own: string;
    /** Ports of 127.0.0.1. */
    ports: { ssh: number; libvirt: number };
    /** Private key of dom0's root, and a known_hosts file for the name `xen-host`. */
    key: string;
    knownHosts: string;
    /** Whether it came from the saved state: then dom0's clock stands where it stood. */
    restored: boolean;
    /** QEMU's process. */
    pid: number;
    /** A free port of 127.0.0.1 that reaches a port of dom0 (10.0.2.15) or of a guest on xenbr0. */
    forward(address: string, port: number): Promise<number>;
    /** What Xen and dom0 wrote so far; empty at first for a restored host. */
    console(): string;
    stop(): Promise<void>;
}
export function whyNoXenHost(): string | undefined;
export function prepareXenHost(options?: { timeout?: number }): Promise<{ folder: string; built: boolean }>;
export function bootXenHost(options?: { cold?: boolean; timeout?: number }): Promise<BootedXenHost>;
