import { testKernel } from "../e2e/guests";
import type { StackOptions } from "../support/engine";
import type { LibvirtHost } from "../support/libvirtHost";

/** Return the options of a stack whose program declares test kernels on a libvirt host of the test's own. */
export async function onHost(host: LibvirtHost, { config, env, ...options }: StackOptions = {}): Promise<StackOptions> {
    return {
        enter: host.enter,
        env: { ...host.env, ...env },
        config: { connection: host.uri, kernel: await testKernel(), ...config },
        ...options,
    };
}
