import type { UnikernelSpec } from "../../spec";

/** What a person types to come to a guest's console. */
export function consoleCommand({ connection, name }: Pick<UnikernelSpec, "connection" | "name">): string {
    return `virsh -c ${quote(connection)} console ${quote(name)}`;
}

/** For a POSIX shell: a remote URI may hold `?` and `&`. */
function quote(word: string): string {
    return /^[\w./:@+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
