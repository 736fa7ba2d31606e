import { ownAddress, type UnikernelSpec } from "../../model";

/**
 * Return the options of a MirageOS program for its first interface and its name (mirage-runtime). A program that does
 * not define one of them ends with a usage message, so they are written only where `mirage` is true.
 */
export function mirageOptions({ interfaces, hostname }: Pick<UnikernelSpec, "interfaces" | "hostname">): string[] {
    const { ipv4, ipv6 } = interfaces[0] ?? {};
    const own = ownAddress(ipv4);
    return [
        ...(own ? [`--ipv4=${own.address}`] : []),
        ...(own?.gateway === undefined ? [] : [`--ipv4-gateway=${own.gateway}`]),
        ...(ipv6 ? [`--ipv6=${ipv6.address}`] : []),
        ...(ipv6?.gateway === undefined ? [] : [`--ipv6-gateway=${ipv6.gateway}`]),
        ...(hostname === undefined ? [] : [`--name=${hostname}`]),
    ];
}

/** Quote a word: MirageOS splits its line at blanks, and reads double quotes and backslashes, but no single quotes. */
export function quoteForMirage(word: string): string {
    if (word !== "" && !/[\s"\\]/.test(word)) return word;
    return `"${word.replace(/["\\]/g, "\\$&")}"`;
}
