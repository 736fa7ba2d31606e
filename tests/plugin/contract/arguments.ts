import type { ResourceKind } from "../../../provider";
import { PLUGIN_TOKENS } from "../../../provider/plugin/urn";
import { reference, secret, urnOf } from "../../unit/provider/plugin/plugin";

export type Values = Record<string, unknown>;

const isObject = (value: unknown): value is Values =>
    typeof value === "object" && value !== null && !Array.isArray(value);

/** A test writes `{ secret: "text" }`, `blocks: [{ image: "data" }]` and `interfaces: ["card"]`; this is what a constructor makes of it. */
export function constructed(kind: ResourceKind, name: string, args: Values, checked: Record<string, Values>): Values {
    const secrets: string[] = [];
    const plain = strip(args, [], secrets) as Values;
    const { blocks, interfaces } = plain;
    return defined({
        ...plain,
        ...(Array.isArray(blocks)
            ? {
                  blocks: blocks.map(({ image, ...rest }: Values) =>
                      defined({ ...rest, ...(image ? imageOf(String(image), checked) : {}) }),
                  ),
              }
            : {}),
        ...(Array.isArray(interfaces)
            ? {
                  interfaces: interfaces.map((card) =>
                      typeof card === "string" && checked[card] ? cardOf(checked[card]) : card,
                  ),
              }
            : {}),
        ...(secrets.length > 0 ? { secrets, digestKey: "" } : {}),
        resourceUrn: urnOf(PLUGIN_TOKENS[kind].split(":")[2]!, name),
    });
}

/** What a program of any language sends to the plugin. */
export function written(_kind: ResourceKind, _name: string, args: Values, checked: Record<string, Values>): Values {
    const { blocks, interfaces } = args;
    return wrap({
        ...args,
        ...(Array.isArray(blocks)
            ? {
                  blocks: blocks.map(({ image, ...rest }: Values) => ({
                      ...rest,
                      ...(image ? { image: reference(urnOf("BlockImage", String(image))) } : {}),
                  })),
              }
            : {}),
        ...(Array.isArray(interfaces)
            ? {
                  interfaces: interfaces.map((card) =>
                      typeof card === "string" && checked[card] ? reference(urnOf("NetworkInterface", card)) : card,
                  ),
              }
            : {}),
    }) as Values;
}

function imageOf(name: string, checked: Record<string, Values>): Values {
    const { digest, format, output, secrets } = checked[name] ?? {};
    return { name, digest, format, output, secret: secrets === undefined ? undefined : true };
}

function cardOf({ mac, attach, driver, ipv4, ipv6 }: Values): Values {
    return defined({ mac, attach, driver, ipv4, ipv6 });
}

function defined(values: Values): Values {
    return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function strip(value: unknown, at: string[], secrets: string[]): unknown {
    if (isObject(value) && typeof value.secret === "string") {
        secrets.push(at.join("."));
        return value.secret;
    }
    if (Array.isArray(value))
        return value.map((inner: unknown, index) =>
            strip(inner, [...at.slice(0, -1), `${at.at(-1)}[${index}]`], secrets),
        );
    return isObject(value)
        ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, strip(inner, [...at, key], secrets)]))
        : value;
}

function wrap(value: unknown): unknown {
    if (isObject(value) && typeof value.secret === "string") return secret(value.secret);
    if (Array.isArray(value)) return value.map(wrap);
    return isObject(value)
        ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, wrap(inner)]))
        : value;
}
