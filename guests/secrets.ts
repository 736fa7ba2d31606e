import type { UnikernelSpec } from "../model";

export const MASK = "[secret]";

/**
 * Return whether the value at a property path is secret, itself or as part of a secret value (`env` covers
 * `env.PASSWORD`).
 */
export function isSecret(spec: Pick<UnikernelSpec, "secrets">, path: string): boolean {
    return spec.secrets.some(
        (secret) => path === secret || path.startsWith(`${secret}.`) || path.startsWith(`${secret}[`),
    );
}

type ConfigSpec = Pick<UnikernelSpec, "args" | "env" | "hostname" | "secrets">;

/** Return whether a guest's configuration holds a secret. */
export function holdsSecret(spec: ConfigSpec): boolean {
    return (
        spec.args.some((_, index) => isSecret(spec, `args[${index}]`)) ||
        Object.keys(spec.env).some((name) => isSecret(spec, `env.${name}`)) ||
        (spec.hostname !== undefined && isSecret(spec, "hostname"))
    );
}

/** Return the spec with `[secret]` in place of every secret value of the guest's configuration. */
export function mask<T extends ConfigSpec>(spec: T): T {
    return {
        ...spec,
        args: spec.args.map((value, index) => (isSecret(spec, `args[${index}]`) ? MASK : value)),
        env: Object.fromEntries(
            Object.entries(spec.env).map(([name, value]) => [name, isSecret(spec, `env.${name}`) ? MASK : value]),
        ),
        hostname: spec.hostname !== undefined && isSecret(spec, "hostname") ? MASK : spec.hostname,
    };
}

/** Shorter values are masked only as whole words: "80" is part of many. */
const LEAST_MASKED = 4;

/**
 * Return text with `[secret]` in place of the values. Lines of a value are masked too, because a console shows single
 * lines.
 */
export function maskIn(text: string, values: string[]): string {
    const pieces = values
        .flatMap((value) => [value, JSON.stringify(value).slice(1, -1), ...value.split(/\r?\n/)])
        .map((piece) => piece.trim())
        .filter(Boolean);
    // The longest first, because one value may be part of another.
    return [...new Set(pieces)]
        .sort((one, other) => other.length - one.length)
        .reduce(
            (masked, piece) =>
                piece.length >= LEAST_MASKED
                    ? masked.replaceAll(piece, MASK)
                    : masked.replaceAll(
                          new RegExp(`(?<![\\w[])${piece.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\w\\]])`, "g"),
                          MASK,
                      ),
            text,
        );
}
