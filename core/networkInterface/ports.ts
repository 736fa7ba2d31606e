import { hashOf } from "../identity";

/** Below Linux's ephemeral range (net.ipv4.ip_local_port_range begins at 32768), above what services use. */
const FIRST = 20_000;
const COUNT = 12_768;

/** Who holds which chosen port in this program: `address:port/protocol` → URN. */
const chosen = new Map<string, string>();

/**
 * A host port for a forward that names none: from the URN and the forward's place, the next one where
 * another interface of this program has it.
 */
export function choosePort(urn: string, index: number, where: { address: string; protocol: string }): number {
    const start = parseInt(hashOf(`${urn} forward ${index}`, 8), 16);
    for (let step = 0; step < COUNT; step++) {
        const port = FIRST + ((start + step) % COUNT);
        if (holdPort(urn, index, { ...where, host: port })) return port;
    }
    return FIRST + (start % COUNT);
}

/** Notes a port that is kept from before; false when another forward of this program has it. */
export function holdPort(urn: string, index: number, { address, protocol, host }: { address: string; protocol: string; host: number }): boolean {
    const key = `${address}:${host}/${protocol}`;
    const holder = `${urn} ${index}`;
    if ((chosen.get(key) ?? holder) !== holder) return false;
    chosen.set(key, holder);
    return true;
}
