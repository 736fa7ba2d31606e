import { type InterfaceSpec, type OwnAddress, ownAddress, type UnikernelSpec } from "../../model";
import { inMountOrder, sortedEnv } from "../order";

/**
 * `/unikernel/config`, as the init of tools/nginx-guest reads it (its README has the format): one `KEY VALUE` a line.
 *
 *     hostname NAME
 *     env NAME=VALUE
 *     interface MAC [any], then ipv4 dhcp | ipv4 ADDRESS/PREFIX [GATEWAY] | ipv6 ADDRESS/PREFIX [GATEWAY]
 *     mount INDEX ro|rw PATH
 *     argv WORD
 */
export function encodeConfig(spec: UnikernelSpec): string {
    const lines = [
        ...(spec.hostname === undefined ? [] : [`hostname ${encodeWord(spec.hostname)}`]),
        ...sortedEnv(spec).map(([name, value]) => `env ${encodeWord(`${name}=${value}`)}`),
        ...spec.interfaces.flatMap((one) => interfaceLines(one, spec.platform === "iso")),
        ...inMountOrder(spec.blocks).map(
            ({ block, index }) =>
                `mount ${index} ${block.access === "read" ? "ro" : "rw"} ${encodeWord(block.mount ?? "")}`,
        ),
        ...spec.args.map((word) => `argv ${encodeWord(word)}`),
    ];
    return lines.map((line) => `${line}\n`).join("");
}

/** @param any a physical machine has its own MAC addresses: where none matches, any interface is used */
function interfaceLines({ mac, ipv4, ipv6 }: InterfaceSpec, any: boolean): string[] {
    const own = ownAddress(ipv4);
    return [
        `interface ${mac}${any ? " any" : ""}`,
        ...(ipv4 === undefined ? [] : [own ? addressLine("ipv4", own) : "ipv4 dhcp"]),
        ...(ipv6 === undefined ? [] : [addressLine("ipv6", ipv6)]),
    ];
}

function addressLine(family: string, { address, gateway }: OwnAddress): string {
    return [family, address, ...(gateway === undefined ? [] : [gateway])].join(" ");
}

/**
 * Encode every byte that is not plainly printable as a backslash, 0 and three octal digits, which `printf '%b'`
 * decodes.
 */
export function encodeWord(text: string): string {
    return [...Buffer.from(text)]
        .map((byte) => {
            const character = String.fromCharCode(byte);
            return /[A-Za-z0-9_./:,=@+-]/.test(character) ? character : `\\0${byte.toString(8).padStart(3, "0")}`;
        })
        .join("");
}
