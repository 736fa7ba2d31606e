import { UNKNOWN } from "../../../core";
import type { Values } from "../../../model/declared";
import { ARCHIVE, ASSET, OUTPUT, RESOURCE, SECRET, SIGNATURE, UNKNOWNS } from "../wire/wire";

type Tree = Record<string, unknown>;

/** A value of a message without its wrapping. */
interface Revealed {
    /** `UNKNOWN` where it is not known yet. */
    value: unknown;
    secret: boolean;
    /** URNs of the resources that it is made of. */
    dependencies: string[];
}

const signatureOf = (value: unknown): unknown => Reflect.get(Object(value), SIGNATURE);
const isUnknownText = (value: unknown): boolean => typeof value === "string" && UNKNOWNS.has(value);

/** How a message's plain JavaScript form holds values that are secret or unknown, with the resources that they depend on. */
export const wireValues: Values = {
    isLater: (value) => isUnknownText(value) || [SECRET, OUTPUT].includes(signatureOf(value) as string),
    isWhole: (value) => [RESOURCE, ASSET, ARCHIVE].includes(signatureOf(value) as string),
    form(values, form) {
        const parts = values.map(revealed);
        const known = parts.every(({ value }) => value !== UNKNOWN);
        return wrapped({
            value: known ? form(parts.map(({ value }) => value)) : UNKNOWN,
            secret: parts.some(({ secret }) => secret),
            dependencies: [...new Set(parts.flatMap(({ dependencies }) => dependencies))],
        });
    },
};

/** Remove the wrapping of a value itself; what is inside of it keeps its own. */
function revealed(value: unknown): Revealed {
    if (isUnknownText(value)) return { value: UNKNOWN, secret: false, dependencies: [] };
    const signature = signatureOf(value);
    if (signature !== SECRET && signature !== OUTPUT) return { value, secret: false, dependencies: [] };
    const wrapping = value as Tree;
    const inner = "value" in wrapping ? revealed(wrapping.value) : { value: UNKNOWN, secret: false, dependencies: [] };
    const own = Array.isArray(wrapping.dependencies) ? wrapping.dependencies.map(String) : [];
    return {
        value: inner.value,
        secret: inner.secret || signature === SECRET || wrapping.secret === true,
        dependencies: [...own, ...inner.dependencies],
    };
}

function wrapped({ value, secret, dependencies }: Revealed): unknown {
    if (dependencies.length === 0) return secret ? { [SIGNATURE]: SECRET, value } : value;
    return { [SIGNATURE]: OUTPUT, ...(value === UNKNOWN ? {} : { value }), secret, dependencies };
}

/** Return the URNs of all resources that a value is made of or refers to. */
export function dependenciesIn(value: unknown): string[] {
    if (typeof value !== "object" || value === null) return [];
    if (Array.isArray(value)) return value.flatMap(dependenciesIn);
    const tree = value as Tree;
    if (signatureOf(value) === RESOURCE) return [String(tree.urn)];
    if (signatureOf(value) !== OUTPUT) return Object.values(tree).flatMap(dependenciesIn);
    return [...revealed(value).dependencies, ...dependenciesIn(tree.value)];
}

/** Return a value with every wrapping within it removed, in one: secret where a part is, unknown where a part is. */
export function joined(value: unknown): unknown {
    if (wireValues.isLater(value)) return wireValues.form([value], ([known]) => joined(known));
    if (wireValues.isWhole(value) || typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value);
    const keys = entries.map(([key]) => key);
    return wireValues.form(
        entries.map(([, inner]) => joined(inner)),
        (known) => (Array.isArray(value) ? known : Object.fromEntries(keys.map((key, index) => [key, known[index]]))),
    );
}
