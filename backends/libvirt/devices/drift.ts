import type { UnikernelSpec } from "../../../model";
import type { DomainFacts } from "../model";
import { DEVICES } from "./list";

/**
 * Return the values on the host that differ from what was applied, by property.
 * @param definitions facts of what runs, then of the next boot: the first that differs is returned
 */
export function driftOf(
    applied: UnikernelSpec,
    definitions: (DomainFacts | undefined)[],
): Partial<Record<keyof UnikernelSpec, unknown>> {
    const found: Partial<Record<keyof UnikernelSpec, unknown>> = {};
    const seenIn = definitions.filter((facts) => facts !== undefined);
    for (const { property, applied: wanted, seen } of DEVICES.flatMap((device) => device.drift?.(applied) ?? [])) {
        const values = seen.flatMap((read) => seenIn.map(read));
        const other = values.find((value) => value !== undefined && JSON.stringify(value) !== JSON.stringify(wanted));
        if (other !== undefined) found[property] = other;
    }
    return found;
}
