/**
 * Return the identifier of a host, or undefined where its libvirt tells none: the capabilities of libxl have no host
 * uuid (libvirt 9.0, libxl_capabilities.c), so that of every Xen host is "". Two such hosts are not one machine for it.
 */
export function knownHost(id: string | undefined): string | undefined {
    return id === "" ? undefined : id;
}
