import { maskIn, secretValues } from "../../guests";
import type { UnikernelSpec } from "../../spec";
import type { UnikernelServices } from "./services";

type Telling = Partial<Pick<UnikernelSpec, "args" | "env" | "hostname" | "secrets">>;

/**
 * Works on a guest without repeating its secrets: a guest may print them, and an error quotes its console; a host may
 * quote its command line. What is logged or thrown has `[secret]` in their place.
 * @param specs as it was, as it is to be
 */
export async function discreetly<T>(services: UnikernelServices, specs: Telling[], act: (services: UnikernelServices) => Promise<T>): Promise<T> {
    const values = specs.flatMap(({ args = [], env = {}, hostname, secrets = [] }) => secretValues({ args, env, hostname, secrets }));
    if (values.length === 0) return act(services);
    const hide = (text: string): string => maskIn(text, values);
    try {
        return await act({ ...services, log: (message) => { services.log(hide(message)); } });
    } catch (error) {
        hideIn(error, hide);
        throw error;
    }
}

/** In an error, in what it quotes, and in what caused it. Properties for the state stay as they are: it keeps its secrets itself. */
function hideIn(error: unknown, hide: (text: string) => string): void {
    for (let one = error; one instanceof Error; one = one.cause) {
        const told: Record<string, unknown> = { message: one.message, stack: one.stack, ...pick(one, ["hint", "console", "reasons"]) };
        const hidden = Object.entries(told).map(([name, value]) => [name, Array.isArray(value) ? value.map((line) => hide(String(line))) : typeof value === "string" ? hide(value) : value]);
        Object.assign(one, Object.fromEntries(hidden));
    }
}

function pick(from: object, names: string[]): Record<string, unknown> {
    return Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)));
}
