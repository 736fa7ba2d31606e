import { shellWord, type UnikernelSpec } from "../../spec";

/** What a person types to come to a guest's console. */
export function consoleCommand({ connection, name }: Pick<UnikernelSpec, "connection" | "name">): string {
    return `virsh -c ${shellWord(connection)} console ${shellWord(name)}`;
}
