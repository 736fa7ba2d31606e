/** A host on which a guest may be made, as a program declares it. */
export interface HostSpec {
    /** libvirt URI. */
    connection: string;
    /** Its identity in the list. Left out: see `hostNameOf`. */
    name?: string;
    /** Its share of the guests, beside those of the others. Left out: 1. */
    weight?: number;
}

export type NamedHost = Required<HostSpec>;

/** Return the name of a host that has none of its own: the machine in its libvirt URI, or `localhost`. */
export function hostNameOf(connection: string): string {
    // libvirt, "Connection URIs": driver[+transport]://[user@][host][:port]/path[?parameters]
    const [, host] = /^[^:]+:\/\/(?:[^@/?]*@)?(\[[^\]]*\]|[^:/?]*)/.exec(connection) ?? [];
    return host ? host.replaceAll(/[[\]]/g, "") : "localhost";
}

export function namedHosts(hosts: readonly HostSpec[]): NamedHost[] {
    return hosts.map(({ connection, name = hostNameOf(connection), weight = 1 }) => ({ connection, name, weight }));
}
