const NOT_MADE = "not made: ";

/** Return the text that stands for the MAC address of an interface that the engine did not make. */
export function notMade(name: string): string {
    return `${NOT_MADE}${name}`;
}

/** Return the name of an interface that the engine did not make; undefined for any other value. */
export function nameOfNotMade(value: unknown): string | undefined {
    return typeof value === "string" && value.startsWith(NOT_MADE) ? value.slice(NOT_MADE.length) : undefined;
}

/**
 * Return the reason against a guest with a part that does not exist: the run has other targets, or goes on after an error.
 */
export function notMadeReason(kind: string, name: string): string {
    return `the ${kind} ${name} was not made: this run does not have it among its targets (add --target '**::${name}'), or it failed`;
}
