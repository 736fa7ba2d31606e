import { basename } from "node:path";
import { ownAddress, type UnikernelSpec } from "../../model";
import { sortedEnv } from "../order";

/** The parameters that this package writes. Each takes a list: a repeated parameter adds one value. */
export const PARAMETERS = { address: "netdev.ip", variable: "env.vars", fileSystems: "vfs.fstab" } as const;

/** Ends the parameters. Where no parameter precedes it, the guest takes it for an argument. */
export const SEPARATOR = "--";

type LineSpec = Pick<UnikernelSpec, "platform" | "kernel" | "args" | "env" | "hostname" | "interfaces" | "initrd">;

/**
 * Return the words of the command line: `NAME PARAMETER=VALUE … -- ARGUMENT …` (lib/ukboot/early_init.c and
 * lib/uklibparam/parser.c of Unikraft). The first word is the program's name: QEMU writes the kernel's path there, and
 * then NAME is one more word before the separator, which the guest ignores. Without parameters there is no separator, so
 * that NAME is written only where no loader writes a path.
 *
 * @param mountsByParameter the kernel takes `vfs.fstab`; else its build says where the initrd is mounted
 */
export function words(spec: LineSpec, mountsByParameter: boolean): string[] {
    const parameters = parametersOf(spec, mountsByParameter).map(([name, value]) => `${name}=${value}`);
    const name = basename(spec.kernel);
    if (parameters.length > 0) return [name, ...parameters, SEPARATOR, ...spec.args];
    return [...(spec.platform === "kvm" ? [] : [name]), ...spec.args];
}

/** The initrd is unpacked into a file system in memory, the guest's root (lib/vfscore/automount.c). */
const ROOT_FROM_INITRD = "initrd0:/:extract::ramfs=1:";

/** Return the parameters with their values, in the order in which they are written. */
export function parametersOf(
    spec: Omit<LineSpec, "platform" | "kernel">,
    mountsByParameter: boolean,
): [string, string][] {
    return [
        ...addresses(spec).map((address): [string, string] => [PARAMETERS.address, address]),
        ...(spec.initrd !== undefined && mountsByParameter
            ? ([[PARAMETERS.fileSystems, ROOT_FROM_INITRD]] as [string, string][])
            : []),
        ...sortedEnv(spec).map(([name, value]): [string, string] => [PARAMETERS.variable, `${name}=${value}`]),
    ];
}

/**
 * Return one text for each interface, in PCI order: `CIDR:GATEWAY:DNS:DNS:HOSTNAME`, where an empty part is left to DHCP
 * (lib/uknetdev/netdev.c). None where every interface uses DHCP and there is no host name.
 */
function addresses({ interfaces, hostname }: Pick<UnikernelSpec, "interfaces" | "hostname">): string[] {
    if (hostname === undefined && !interfaces.some(({ ipv4 }) => ownAddress(ipv4))) return [];
    const texts = interfaces.map(({ ipv4 }, index) => {
        const { address = "", gateway = "" } = ownAddress(ipv4) ?? {};
        return [address, gateway, "", "", index === 0 ? (hostname ?? "") : ""].join(":").replace(/:+$/, "");
    });
    return texts.slice(0, texts.findLastIndex((text) => text !== "") + 1);
}

/**
 * Quote a word. Unikraft reads single and double quotes, which may follow each other in one word; a backslash is special
 * outside of single quotes (lib/ukargparse/argparse.c). Double quotes are preferred, since a boot loader writes them too.
 */
export function quote(word: string): string {
    if (!/[\s'"\\]/.test(word)) return word;
    if (!/["\\]/.test(word)) return `"${word}"`;
    return word
        .split("'")
        .map((piece) => (piece === "" ? "" : `'${piece}'`))
        .join(`"'"`);
}
