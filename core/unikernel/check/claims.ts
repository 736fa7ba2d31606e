import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { outputPath } from "../../../backends";
import type { InterfaceSpec, Problem, UnikernelSpec } from "../../../model";
import {
    attachKind,
    canonicalAddress,
    forwardsOf,
    isSameItem,
    keyOf,
    knownHost,
    logicalName,
    withoutPrefix,
} from "../../../model";
import { type Claim, ClaimIndex, clash } from "./claimIndex";

/**
 * Ports, addresses and names of the unikernels that were checked in this run. One process serves one run of the engine.
 */
const held = new ClaimIndex();

/**
 * Record what a unikernel needs exclusively on its host. Report each thing that another unikernel of the program also
 * needs, or that this one asks for twice. The host itself reports what other programs hold.
 */
export function claim(spec: UnikernelSpec): Problem[] {
    const mine = claimsOf(spec);
    held.set(spec.urn, mine);
    return mine.flatMap((wanted, index) => {
        const twice = mine.slice(0, index).find((earlier) => clash(earlier, wanted));
        if (twice)
            return [
                { property: wanted.property, reason: `${wanted.what} is already ${twice.property} of this unikernel` },
            ];
        const other = held.clashOf(wanted);
        if (!other) return [];
        return [
            {
                property: wanted.property,
                reason: `${wanted.what} is already used by "${logicalName(other.urn)}" (${other.property})`,
            },
        ];
    });
}

/**
 * Return whether a guest keeps a port, device, name or address of its host, as the program declares it; undefined when
 * this run did not check the guest.
 */
export function declares(uuid: string, item: string): "keeps" | "yields" | undefined {
    const claims = held.withUuid(uuid);
    if (!claims) return undefined;
    return claims.some(({ key }) => isSameItem(key, item)) ? "keeps" : "yields";
}

/** Forget all claims: another run of the engine, or a test. */
export function forgetClaims(): void {
    held.clear();
}

type Make = (property: string, key: string, what: string) => Claim;

/** A file or a device holds one medium. By-id names are links, so their targets are compared. */
function mediumClaims(spec: UnikernelSpec, make: Make): Claim[] {
    const { burn } = spec;
    const path = outputPath(spec);
    return [
        make("output", `file ${path}`, `the file ${path}`),
        ...(burn ? [make("burn.device", `device ${realPath(burn.device)}`, `the device ${burn.device}`)] : []),
    ];
}

function realPath(path: string): string {
    try {
        return realpathSync(path);
    } catch {
        return resolve(path);
    }
}

/** Addresses that a network reserves or has names for, and these names. An interface may have one name for both of its addresses. */
function networkClaims(
    network: string,
    at: string,
    addresses: Pick<InterfaceSpec, "ipv4" | "ipv6">,
    make: Make,
): Claim[] {
    const claims: Claim[] = [];
    for (const family of ["ipv4", "ipv6"] as const) {
        const declared = addresses[family];
        if (typeof declared !== "object") continue;
        const { name } = declared;
        const [part, address] =
            "reserve" in declared
                ? ["reserve", declared.reserve]
                : ["address", canonicalAddress(withoutPrefix(declared.address))];
        // A network has nothing of an address that the guest configures itself, unless it has a name.
        if (part === "reserve" || name !== undefined)
            claims.push(
                make(
                    `${at}.${family}.${part}`,
                    keyOf.address(network, address),
                    `the address ${address} of network ${network}`,
                ),
            );
        const key = name === undefined ? undefined : keyOf.networkName(network, name);
        if (key !== undefined && !claims.some((one) => one.key === key))
            claims.push(make(`${at}.${family}.name`, key, `the name ${name} of network ${network}`));
    }
    return claims;
}

function claimsOf(spec: UnikernelSpec): Claim[] {
    const host = knownHost(spec.host) ?? spec.connection;
    const make: Make = (property, key, what) => ({ urn: spec.urn, property, host, key, what });
    const claims = [
        make("name", keyOf.name(spec.name), `the name ${spec.name}`),
        // A guest may keep its uuid under an alias, while a new resource takes the old URN.
        make("", `uuid ${spec.uuid}`, `the uuid ${spec.uuid}`),
    ];
    spec.interfaces.forEach(({ mac, attach, ipv4, ipv6 }, index) => {
        const at = `interfaces[${index}]`;
        claims.push(make(`${at}.mac`, keyOf.mac(mac), `the MAC address ${mac}`));
        if (attachKind(attach) === "tap" && "tap" in attach)
            claims.push(make(`${at}.attach.tap`, keyOf.tap(attach.tap), `the tap device ${attach.tap}`));
        if ("network" in attach) claims.push(...networkClaims(attach.network, at, { ipv4, ipv6 }, make));
        forwardsOf(attach).forEach((forward, place) => {
            claims.push(
                make(
                    `${at}.attach.user.forward[${place}].host`,
                    keyOf.port(forward),
                    `${forward.protocol} port ${forward.host} of ${forward.address}`,
                ),
            );
        });
    });
    if (spec.platform === "iso") claims.push(...mediumClaims(spec, make));
    if (spec.gdb)
        claims.push(make("gdb.port", keyOf.gdb(spec.gdb), `tcp port ${spec.gdb.port} of ${spec.gdb.address}`));
    return claims;
}
