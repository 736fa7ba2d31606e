import { redactErrors, redactor } from "../secrets/redaction";
import type { UnikernelServices } from "./services";

/**
 * Work on a guest without repeating its secrets. A guest may print them, and an error quotes its console; a host may
 * quote its command line. Log lines and errors have `[secret]` in their place.
 * @param specs the old and the new one
 */
export function redacted<T>(
    services: UnikernelServices,
    specs: object[],
    act: (services: UnikernelServices) => Promise<T>,
): Promise<T> {
    const redact = redactor(specs);
    return redactErrors(redact, () =>
        act({
            ...services,
            log: (message) => {
                services.log(redact(message));
            },
        }),
    );
}
