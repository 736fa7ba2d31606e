import { readFileSync } from "node:fs";

const FLAG = /^--?(?:target-)?replace$/;

/**
 * Return whether the engine's command line asks to replace this resource. The engine then calls create before delete
 * and shows create nothing of the resource in state. Nothing else distinguishes this from a new resource whose identity
 * a guest of a renamed stack may have. Create refuses a replacement that the command line does not show (`pulumi state
 * taint`).
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

/** Match as the engine matches targets: `**` is any text, `*` any text within one part of the URN. */
function matches(pattern: string, urn: string): boolean {
    const parts = pattern
        .split(/(\*\*|\*)/)
        .map((part) =>
            part === "**" ? ".*" : part === "*" ? "[^:]*" : part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"),
        );
    return new RegExp(`^${parts.join("")}$`, "s").test(urn);
}

/** Return the engine's command line: it is this process's parent. Empty where there is no /proc. */
function engineWords(): string[] {
    try {
        return readFileSync(`/proc/${process.ppid}/cmdline`, "utf8").split("\0");
    } catch {
        return [];
    }
}
