export interface TestNetworkOptions {
    /** First three numbers of the network. Two hosts may use the same. @default "192.168.N" */
    subnet?: string;
    /** No way out, but DHCP and the host's own address. @default false */
    isolated?: boolean;
    /** Also an IPv6 prefix fd00:N::/64 with the host at ::1. @default false */
    ipv6?: boolean;
}

export interface TestNetwork {
    name: string;
    bridge: string;
    /** The host's address: gateway and DNS server of the guests. */
    gateway: string;
    subnet: string;
    /** Outside of the DHCP range: `static(10)` is free. */
    static(last: number): string;
}

/** The XML of a network with DHCP from .100 to .200. */
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
        // Without the forward delay a guest's first packets are not lost.
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
