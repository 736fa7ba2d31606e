import { maskIn } from "../../guests";
import { type Problem, printable } from "../../model";
import type { Handlers } from "../handlers";
import { textsAt } from "./secretTexts";

type Properties = Record<string, unknown>;
/** Replaces secret values in text for display. */
export type Redact = (text: string) => string;

/**
 * Return a function that masks the secrets of specs.
 * @param specs old and new properties, with the paths of their secrets in `secrets` and `hidden`
 */
export function redactor(specs: object[]): Redact {
    const texts = specs.flatMap((spec) => textsAt(spec, [...pathsIn(spec, "secrets"), ...pathsIn(spec, "hidden")]));
    return texts.length === 0 ? (text) => text : (text) => maskIn(text, texts);
}

/** An unknown list arrives as text. */
function pathsIn(spec: object, name: string): string[] {
    const paths: unknown = Reflect.get(spec, name);
    return Array.isArray(paths) ? paths.map(String) : [];
}

/** Run an action; an error that it throws has `[secret]` in place of secret values. */
export async function redactErrors<T>(redact: Redact, act: () => Promise<T>): Promise<T> {
    try {
        return await act();
    } catch (error) {
        redactIn(error, redact);
        throw error;
    }
}

/** Mask the secrets in a check's failures and in its consequence. */
export function withoutSecrets<T extends { inputs: Properties; failures: Problem[] }>(found: T, redact: Redact): T {
    const { consequence } = found.inputs;
    return {
        ...found,
        inputs: typeof consequence === "string" ? { ...found.inputs, consequence: redact(consequence) } : found.inputs,
        failures: found.failures.map(({ property, reason }) => ({ property, reason: printable(redact(reason)) })),
    };
}

/**
 * Mask secrets in an error, its details and its causes. Properties for state stay unmasked: state encrypts its secrets
 * itself.
 */
function redactIn(error: unknown, redact: Redact): void {
    for (let one = error; one instanceof Error; one = one.cause) {
        const told: Record<string, unknown> = {
            message: one.message,
            stack: one.stack,
            ...pick(one, ["hint", "console", "reasons"]),
        };
        const hidden = Object.entries(told).map(([name, value]) => [
            name,
            Array.isArray(value)
                ? value.map((line) => redact(String(line)))
                : typeof value === "string"
                  ? redact(value)
                  : value,
        ]);
        Object.assign(one, Object.fromEntries(hidden));
    }
}

function pick(from: object, names: string[]): Record<string, unknown> {
    return Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)));
}

/** Return handlers whose check repeats no secret in a failure or an error. `hidden` is for the check alone. */
export function redactedHandlers(handlers: Handlers): Handlers {
    return {
        ...handlers,
        check: (olds, { hidden, ...news }) => {
            const redact = redactor([olds, { ...news, hidden }]);
            return redactErrors(redact, async () => withoutSecrets(await handlers.check(olds, news), redact));
        },
    };
}
