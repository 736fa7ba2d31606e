import {
    type BlockSpec,
    type InterfaceSpec,
    type OwnAddress,
    ownAddress,
    type Platform,
    type UnikernelSpec,
} from "../../model";
import { inMountOrder, sortedEnv } from "../order";
import { rumprunCapabilities } from "./capabilities";

/**
 * On the kernel's command line, this precedes the path of the configuration on the medium. The guest interprets the
 * text wherever it occurs, so check refuses it in arguments.
 */
export const ROOTFS_MARK = "_RUMPRUN_ROOTFSCFG=";
export const CONFIG_FILE = "/json.cfg";

/** Path of a data image on the medium, which the guest makes its working directory. */
export const imagePath = ({ name }: Pick<BlockSpec, "name">): string => `images/${name}`;

type Fields = [key: string, value: string][];

/**
 * Encode the text that rumprun reads (lib/librumprun_base/config.c). It resembles JSON, but keys repeat instead of
 * using an array, every value is a string, and there are no escapes. Keys and order are those of the launch script
 * (app-tools/rumprun): disks, interfaces and environment, then cmdline and hostname.
 *
 * @param program argv[0]
 */
export function encodeConfig(spec: UnikernelSpec, platform: Platform, program: string): string {
    const lines = [
        ...(platform === "xen" ? [object("blk", KERNFS)] : []),
        ...blocksOf(spec, platform).map(({ block, index }) => object("blk", blockFields(block, index, platform))),
        ...interfaceFields(spec.interfaces, platform).map((fields) => object("net", fields)),
        ...sortedEnv(spec).map(([name, value]) => text("env", `${name}=${value}`)),
        text("cmdline", [program, ...spec.args].map(quote).join(" ")),
        ...(spec.hostname === undefined ? [] : [text("hostname", spec.hostname)]),
    ];
    return `{\n${lines.join(",\n")}\n}\n`;
}

/** The launch script adds this on Xen, where no other file system is guaranteed. */
const KERNFS: Fields = [
    ["source", "dev"],
    ["path", "virtual"],
    ["fstype", "kernfs"],
    ["mountpoint", "/kern"],
];

/**
 * Return the blocks to configure. An entry without a mount point has an effect on Xen only, where it creates the
 * device.
 */
function blocksOf({ blocks }: UnikernelSpec, platform: Platform): { block: BlockSpec; index: number }[] {
    const unmounted = blocks.map((block, index) => ({ block, index })).filter(({ block }) => block.mount === undefined);
    return [...inMountOrder(blocks), ...(platform === "xen" ? unmounted : [])];
}

/** Disks are numbered by position, mounted or not. */
function blockFields(block: BlockSpec, index: number, platform: Platform): Fields {
    const [source, path] = {
        kvm: ["dev", `/dev/ld${index}a`],
        xen: ["etfs", `xvd${String.fromCharCode(0x61 + index)}`],
        iso: ["vnd", imagePath(block)],
    }[platform] as [string, string];
    const mounted: Fields =
        block.mount === undefined
            ? []
            : [
                  ["fstype", "blk"],
                  ["mountpoint", block.mount],
              ];
    return [["source", source], ["path", path], ...mounted];
}

/**
 * Return the entries of all interfaces. Two address families are two entries; each driver counts its own interfaces.
 */
function interfaceFields(interfaces: InterfaceSpec[], platform: Platform): Fields[] {
    const counts = new Map<string, number>();
    return interfaces.flatMap((one) => {
        const driver = one.driver ?? rumprunCapabilities.drivers[platform] ?? "vioif";
        const count = counts.get(driver) ?? 0;
        counts.set(driver, count + 1);
        return [ipv4Fields(one), ipv6Fields(one)]
            .filter((fields) => fields.length > 0)
            .map(
                (fields, family): Fields => [
                    ["if", `${driver}${count}`],
                    // A second ifcreate of the same interface would end the boot.
                    ...(platform === "xen" && family === 0 ? ([["cloner", "true"]] as Fields) : []),
                    ...fields,
                ],
            );
    });
}

function ipv4Fields({ ipv4 }: InterfaceSpec): Fields {
    if (ipv4 === undefined) return [];
    const own = ownAddress(ipv4);
    return own
        ? staticFields("inet", own)
        : [
              ["type", "inet"],
              ["method", "dhcp"],
          ];
}

function ipv6Fields({ ipv6 }: InterfaceSpec): Fields {
    return ipv6 === undefined ? [] : staticFields("inet6", ipv6);
}

function staticFields(type: string, { address, gateway }: OwnAddress): Fields {
    const [host = "", prefix = ""] = address.split("/");
    return [
        ["type", type],
        ["method", "static"],
        ["addr", host],
        ["mask", prefix],
        ...(gateway === undefined ? [] : ([["gw", gateway]] as Fields)),
    ];
}

const text = (key: string, value: string) => `"${key}": "${value}"`;
const object = (key: string, fields: Fields) =>
    `"${key}": {${fields.map(([name, value]) => text(name, value)).join(", ")}}`;

/**
 * Quote an argument: the guest splits cmdline at blanks, and single quotes group (lib/librumprun_base/parseargs.c).
 * Check refuses what cannot be quoted.
 */
function quote(argument: string): string {
    return argument === "" || argument.includes(" ") ? `'${argument}'` : argument;
}
