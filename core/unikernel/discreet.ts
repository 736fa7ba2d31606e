import { discreet, discretion } from "../discretion";
import type { UnikernelServices } from "./services";

/**
 * Works on a guest without repeating its secrets: a guest may print them, and an error quotes its console; a host may
 * quote its command line. What is logged or thrown has `[secret]` in their place.
 * @param specs as it was, as it is to be
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
