import { shellWord, type UnikernelSpec } from "../../model";

/** Return the command that opens a guest's console. */
export function consoleCommand({ connection, name }: Pick<UnikernelSpec, "connection" | "name">): string {
    return `virsh -c ${shellWord(connection)} console ${shellWord(name)}`;
}
