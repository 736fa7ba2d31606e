import { readFileSync } from "node:fs";

const FLAG = /^--?(?:target-)?replace$/;

/**
 * Whether the engine was told on its command line to replace this resource. It then asks the plugin to create before it asks it
 * to delete, and shows it nothing of the resource in state; nothing else tells this from a resource that is new, whose
 * identity a guest of a renamed stack may have.
 * A replacement of which the engine says nothing at all (`pulumi state taint`) is refused by the create.
 */
export function isReplaced(urn: string, words = engineWords()): boolean {
    const named = words.flatMap((word, index) => {
        const [flag = "", value] =
            word.startsWith("-") && word.includes("=")
                ? [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]
                : [word, words[index + 1]];
        return FLAG.test(flag) && value !== undefined ? [value] : [];
    });
    return named.some((pattern) => matches(pattern, urn));
}

/** As the engine reads targets: `**` is any text, `*` one within a part of the URN. */
function matches(pattern: string, urn: string): boolean {
    const parts = pattern
        .split(/(\*\*|\*)/)
        .map((part) =>
            part === "**" ? ".*" : part === "*" ? "[^:]*" : part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"),
        );
    return new RegExp(`^${parts.join("")}$`, "s").test(urn);
}

/** The engine started this process. Where there is no /proc, it cannot be asked. */
function engineWords(): string[] {
    try {
        return readFileSync(`/proc/${process.ppid}/cmdline`, "utf8").split("\0");
    } catch {
        return [];
    }
}
