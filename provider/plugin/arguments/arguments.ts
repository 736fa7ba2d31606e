import { keyFromSeed, UNKNOWN } from "../../../core";
import { derivedOutputs, type Problem, SECRET_HOSTS } from "../../../model";
import { privateArguments } from "../../../model/arguments";
import { assetsWithin, TEXT_EXPECTED } from "../../assets";
import { CONTENTS, keptBy, withoutEchoes } from "../../echoes";
import type { ResourceKind } from "../../trampoline";
import type { Configuration } from "../configuration";
import { type Decoded, FileContent, type Properties } from "../wire/codec";
import { isObject, plainBlocks, plainInterfaces } from "./devices";
import type { References } from "./references";
import { plainSource } from "./source";

/**
 * Properties by which a secret can reach the guest or the image: digests over them are keyed, and displayed texts mask
 * them.
 */
const MASKED: Record<ResourceKind, string[]> = {
    unikernel: ["env", "args", "hostname"],
    blockImage: ["source"],
    networkInterface: [],
    network: [],
    fleetRollOut: [],
};

/** Properties that only constructors send; for the plugin they are derived from the request, except what a fleet sends. */
const OWN = new Set([...privateArguments.filter((name) => name !== "rollOut"), "limits"]);

interface Asked {
    kind: ResourceKind;
    urn: string;
    news: Decoded;
    olds: Properties;
    /** Random bytes from the engine, the same in each check of one plan. */
    seed: Uint8Array;
    configuration: Configuration;
    references: References;
    warn(message: string): void;
}

/** Return the arguments of a program in any language, in the form that the package's constructors send. */
export function argumentsOf({ kind, urn, news, olds, seed, configuration, references, warn }: Asked): {
    news: Properties;
    failures: Problem[];
} {
    const failures: Problem[] = [];
    const written = withoutEchoes(news.value, olds, OWN);
    for (const name of Object.keys(written).filter((key) => OWN.has(key))) {
        failures.push({ property: name, reason: "unknown property" });
        delete written[name];
    }
    if (kind !== "blockImage") {
        for (const [name, value] of Object.entries(written)) {
            const found = assetsWithin(value, (inner) => inner instanceof FileContent, name);
            failures.push(...found.map((property) => ({ property, reason: TEXT_EXPECTED })));
            // An unknown value causes no further problem.
            if (found.length > 0) written[name] = UNKNOWN;
        }
    }
    const secrets = secretsOf(kind, news);
    if (kind === "networkInterface" || kind === "fleetRollOut")
        return { news: { ...written, resourceUrn: urn }, failures };
    if (kind === "network") {
        const { connection } = configuration.defaultsOf("kvm");
        return {
            news: { ...(connection === undefined ? {} : { connection }), ...written, resourceUrn: urn },
            failures,
        };
    }
    const common = {
        ...written,
        resourceUrn: urn,
        kept: keptBy(news.value, olds, CONTENTS),
        ...(secrets.length > 0 ? { secrets } : {}),
        digestKey: keyFromSeed(seed, urn),
    };
    if (kind === "blockImage") return { news: { ...common, source: plainSource(written.source, failures) }, failures };
    if (news.secrets.some(([name]) => name === "hosts")) failures.push(SECRET_HOSTS);
    const hides = news.secrets.some(([name]) => name === "rollOut");
    const flattening = { references, olds, failures, warn };
    return {
        news: {
            ...defaultsOf(configuration, written),
            ...common,
            blocks: plainBlocks(written.blocks, flattening),
            interfaces: plainInterfaces(written.interfaces, flattening),
            ...(Object.keys(configuration.limits).length === 0 ? {} : { limits: configuration.limits }),
            ...(hides && isObject(written.rollOut) ? { rollOut: { ...written.rollOut, secret: true } } : {}),
            ...(written.qemuArgs === undefined ? {} : { allowQemuArgs: configuration.allowQemuArgs }),
        },
        failures,
    };
}

/** A guest with a list of hosts has none of the configuration's. */
function defaultsOf(configuration: Configuration, { platform, hosts }: Properties): Properties {
    const { connection, ...others } = configuration.defaultsOf(platform);
    return connection === undefined || (hosts ?? undefined) !== undefined ? others : { connection, ...others };
}

/**
 * Return the secret paths as `provider/secrets.ts` writes them, because state compares them. UNKNOWN while their number
 * is.
 */
function secretsOf(kind: ResourceKind, { value, secrets }: Decoded): string[] | string {
    const found = secrets.flatMap(([name, inner]) => {
        if (typeof name !== "string" || !MASKED[kind].includes(name)) return [];
        const whole = value[name];
        if (inner !== undefined) return [pathOf(name, whole, inner)];
        if (Array.isArray(whole) || isObject(whole)) return Object.keys(whole).map((key) => pathOf(name, whole, key));
        return [whole === UNKNOWN ? UNKNOWN : name];
    });
    return found.includes(UNKNOWN) ? UNKNOWN : [...new Set(found)];
}

function pathOf(name: string, container: unknown, key: string | number): string {
    return Array.isArray(container) ? `${name}[${key}]` : `${name}.${key}`;
}

/** Return the paths that must be secret again in the handlers' results. */
export function secretsIn(kind: ResourceKind, secrets: Decoded["secrets"]): Decoded["secrets"] {
    // Even without a secret of its own, a guest may have a disk with one.
    if (secrets.length === 0) return [["digestKey"]];
    // Outputs derived from any other secret may repeat it, or a part of it, such as the address within a secret address
    // and mask.
    const unmasked = secrets.some(([name]) => !MASKED[kind].includes(String(name)) && name !== "digestKey");
    return [...secrets, ["digestKey"], ...(unmasked ? derivedOf(kind) : [])];
}

function derivedOf(kind: ResourceKind): Decoded["secrets"] {
    return kind === "unikernel" || kind === "blockImage" ? derivedOutputs[kind].map((name) => [name]) : [];
}
