import type { InterfaceSpec, Platform } from "../../model";
import type { BootConfig, DecodedConfig } from "../abi";
import { rumprunCapabilities } from "./capabilities";
import { parseConfig, type Value } from "./parse";

type Devices = Pick<BootConfig, "platform" | "blocks" | "interfaces">;
type Fields = Map<string, string>;

/**
 * Decode a text that `encodeConfig` or a person wrote in the guest's own syntax (lib/librumprun_base/config.c).
 * Undefined when arguments cannot express all of it.
 */
export function decodeConfig(text: string, devices: Devices): DecodedConfig | undefined {
    const entries = parseConfig(text);
    if (!entries) return undefined;
    const found: DecodedConfig = {
        args: [],
        env: {},
        mounts: Array<string | undefined>(devices.blocks).fill(undefined),
        interfaces: Array.from({ length: devices.interfaces }, () => ({})),
    };
    const seen = new Set<string>();
    for (const [key, value] of entries) {
        const once = key === "cmdline" || key === "hostname";
        if ((once && seen.has(key)) || !decodeEntry(key, value, found, devices.platform)) return undefined;
        seen.add(key);
    }
    // The guest leaves an interface without configuration alone; a NetworkInterface would default to DHCP.
    return seen.has("cmdline") && found.interfaces.every(({ ipv4, ipv6 }) => ipv4 ?? ipv6) ? found : undefined;
}

function decodeEntry(key: string, value: Value, found: DecodedConfig, platform: Platform): boolean {
    if (typeof value === "object") {
        if (key === "blk") return decodeBlock(value, found, platform);
        return key === "net" && decodeInterface(value, found, platform);
    }
    if (key === "hostname") found.hostname = value;
    else if (key === "env") return decodeEnv(value, found);
    else if (key === "cmdline") return decodeArgs(value, found);
    else return false;
    return true;
}

function decodeEnv(text: string, { env }: DecodedConfig): boolean {
    const at = text.indexOf("=");
    const name = text.slice(0, at);
    if (at < 1 || name === "__proto__" || Object.hasOwn(env, name)) return false;
    env[name] = text.slice(at + 1);
    return true;
}

/**
 * Split words at blanks; single quotes group (lib/librumprun_base/parseargs.c). The first word is the program's name.
 */
function decodeArgs(text: string, found: DecodedConfig): boolean {
    if (!/^ *(?:(?:'[^']*'|[^ ']+)(?: +|$))*$/.test(text)) return false;
    const words = [...text.matchAll(/'([^']*)'|([^ ']+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
    found.args = words.slice(1);
    return words.length > 0;
}

function decodeBlock(fields: Fields, { mounts }: DecodedConfig, platform: Platform): boolean {
    const index = Number(/^\/dev\/ld(\d)a$/.exec(fields.get("path") ?? "")?.[1] ?? NaN);
    const mount = fields.get("mountpoint");
    const plain = fields.get("source") === "dev" && fields.get("fstype") === "blk" && fields.size === 4;
    if (platform !== "kvm" || !plain || mount === undefined || !(index < mounts.length) || mounts[index] !== undefined)
        return false;
    mounts[index] = mount;
    return true;
}

const NET = new Set(["if", "cloner", "type", "method", "addr", "mask", "gw"]);

function decodeInterface(fields: Fields, { interfaces }: DecodedConfig, platform: Platform): boolean {
    const [, driver, number] = /^([a-z]+)(\d+)$/.exec(fields.get("if") ?? "") ?? [];
    const nic = interfaces[Number(number ?? NaN)];
    if (!nic || driver !== rumprunCapabilities.drivers[platform] || [...fields.keys()].some((key) => !NET.has(key)))
        return false;
    const [type, method, address, mask, gateway] = ["type", "method", "addr", "mask", "gw"].map((key) =>
        fields.get(key),
    );
    const family = type === "inet" ? "ipv4" : type === "inet6" ? "ipv6" : undefined;
    if (!family || nic[family] !== undefined) return false;
    if (method === "dhcp" && family === "ipv4" && address === undefined && gateway === undefined)
        return set(nic, { ipv4: "dhcp" });
    if (method !== "static" || address === undefined || !/^\d+$/.test(mask ?? "")) return false;
    return set(nic, { [family]: { address: `${address}/${mask}`, ...(gateway === undefined ? {} : { gateway }) } });
}

function set(nic: Pick<InterfaceSpec, "ipv4" | "ipv6">, values: Pick<InterfaceSpec, "ipv4" | "ipv6">): boolean {
    Object.assign(nic, values);
    return true;
}
