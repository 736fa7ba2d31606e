import { discreet, discretion } from "../secrets/discretion";
import type { UnikernelServices } from "./services";

/**
 * Work on a guest without repeating its secrets. A guest may print them, and an error quotes its console; a host may
 * quote its command line. Log lines and errors have `[secret]` in their place.
 * @param specs the old and the new one
 */
export function discreetly<T>(
    services: UnikernelServices,
    specs: object[],
    act: (services: UnikernelServices) => Promise<T>,
): Promise<T> {
    const hide = discretion(specs);
    return discreet(hide, () =>
        act({
            ...services,
            log: (message) => {
                services.log(hide(message));
            },
        }),
    );
}
