import { isIP } from "node:net";

/** A block of addresses, or a range within one. */
export interface Span {
    family: 4 | 6;
    first: bigint;
    last: bigint;
}

/** Return the one text of an address: IPv6 has several (RFC 5952). */
export function canonicalAddress(address: string): string {
    return isIP(address) === 6 ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : address;
}

/** Return the address of a text in CIDR notation. */
export function withoutPrefix(cidr: string): string {
    return cidr.split("/")[0] ?? cidr;
}

/** Return an address as a number. The address is a valid one. */
export function addressNumber(address: string): bigint {
    if (isIP(address) === 4) return partsNumber(address.split("."), 10, 8n);
    const [head = "", tail] = canonicalAddress(address).split("::");
    const [left, right] = [head, tail ?? ""].map((text) => (text === "" ? [] : text.split(":")));
    const gap = tail === undefined ? 0 : 8 - left!.length - right!.length;
    return partsNumber([...left!, ...Array<string>(gap).fill("0"), ...right!], 16, 16n);
}

function partsNumber(parts: string[], radix: number, bits: bigint): bigint {
    return parts.reduce((sum, part) => (sum << bits) + BigInt(Number.parseInt(part, radix)), 0n);
}

/** Return all addresses of the network of an address in CIDR notation. */
export function spanOf(cidr: string): Span {
    const [address = "", prefix = ""] = cidr.split("/");
    const family = isIP(address) === 6 ? 6 : 4;
    const size = 1n << BigInt((family === 4 ? 32 : 128) - Number(prefix));
    const number = addressNumber(address);
    const first = number - (number % size);
    return { family, first, last: first + size - 1n };
}

export function overlaps(one: Span, other: Span): boolean {
    return one.family === other.family && one.first <= other.last && other.first <= one.last;
}

export function isWithin(address: string, { family, first, last }: Span): boolean {
    const number = isIP(address) === family ? addressNumber(address) : undefined;
    return number !== undefined && number >= first && number <= last;
}
