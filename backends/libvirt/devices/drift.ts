import type { UnikernelSpec } from "../../../model";
import type { DomainFacts } from "../model";
import { DEVICES } from "./list";

/**
 * Return the values on the host that differ from what was applied, by property. Where the next boot has yet another value than
 * what runs, its definition is drift too: state takes the one value, and could be as declared then.
 * @param definitions facts of what runs, then of the next boot: the first that differs is returned
 */
export function driftOf(
    applied: UnikernelSpec,
    definitions: (DomainFacts | undefined)[],
): Partial<Record<keyof UnikernelSpec | "definition", unknown>> {
    const found: Partial<Record<keyof UnikernelSpec | "definition", unknown>> = {};
    const seenIn = definitions.filter((facts) => facts !== undefined);
    for (const { property, applied: wanted, seen } of DEVICES.flatMap((device) => device.drift?.(applied) ?? [])) {
        const differs = (value: unknown): boolean =>
            value !== undefined && JSON.stringify(value) !== JSON.stringify(wanted);
        const values = seen.map((read) => seenIn.map(read).filter(differs));
        const other = values.flat()[0];
        if (other !== undefined) found[property] = other;
        if (values.some((each) => new Set(each.map((value) => JSON.stringify(value))).size > 1))
            found.definition = true;
    }
    return found;
}
