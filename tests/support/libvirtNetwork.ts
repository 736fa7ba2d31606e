export interface TestNetworkOptions {
    /** First three numbers of the network's addresses. Two hosts may use the same. @default "192.168.N" */
    subnet?: string;
    /** No route to the outside; DHCP and the host's own address work. @default false */
    isolated?: boolean;
    /** Add an IPv6 prefix fd00:N::/64 with the host at ::1. @default false */
    ipv6?: boolean;
}

export interface TestNetwork {
    name: string;
    bridge: string;
    /** The host's address, the guests' gateway and DNS server. */
    gateway: string;
    subnet: string;
    /** Return an address outside the DHCP range: `static(10)` is free. */
    static(last: number): string;
}

/** Return the XML of a network with DHCP from .100 to .200. */
export function networkXml(
    name: string,
    options: TestNetworkOptions,
    index: number,
): { xml: string; network: TestNetwork } {
    const subnet = options.subnet ?? `192.168.${140 + index}`;
    const bridge = `virbr${index}`;
    const lines = [
        "<network>",
        `<name>${name}</name>`,
        ...(options.isolated ? [] : ["<forward mode='nat'/>"]),
        // Without the forward delay, a guest's first packets are not lost.
        `<bridge name='${bridge}' stp='off' delay='0'/>`,
        `<ip address='${subnet}.1' netmask='255.255.255.0'><dhcp><range start='${subnet}.100' end='${subnet}.200'/></dhcp></ip>`,
        ...(options.ipv6 ? [`<ip family='ipv6' address='fd00:${140 + index}::1' prefix='64'/>`] : []),
        "</network>",
    ];
    return {
        xml: lines.join("\n"),
        network: { name, bridge, gateway: `${subnet}.1`, subnet, static: (last) => `${subnet}.${last}` },
    };
}
