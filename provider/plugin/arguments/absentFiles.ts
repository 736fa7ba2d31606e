import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { UNKNOWN } from "../../../core";
import { UnikernelError } from "../../../model";
import { ignoredContents } from "../../echoes";
import type { Properties } from "../wire/codec";

/**
 * Refuse an absent file that the program names. The engine tells `ignoreChanges` to diff and not to check, so check takes
 * every absent file whose path and digest state has.
 */
export function refuseAbsentFiles(news: Properties, ignoreChanges: readonly string[]): void {
    const ignored = ignoredContents(ignoreChanges);
    for (const [property, path] of filesOf(news)) {
        const [root = ""] = property.split(/[.[]/);
        if (ignored.includes(root) || existsSync(resolve(path))) continue;
        throw new UnikernelError("not-found", `${path} is not on this machine`, {
            property,
            hint: `check the path; relative paths start at the folder of the program. ignoreChanges: ["${root}"] keeps what the host has`,
        });
    }
}

function filesOf({ kernel, initrd, blocks, source }: Properties): [property: string, path: string][] {
    const disks: unknown[] = Array.isArray(blocks) ? blocks : [];
    const contents = source !== null && typeof source === "object" ? Object.entries(source) : [];
    const named: [string, unknown][] = [
        ["kernel", kernel],
        ["initrd", initrd],
        ["source", source],
        ...disks.map((disk, index): [string, unknown] => [`blocks[${index}].path`, Object(disk).path]),
        ...contents.map(([path, content]): [string, unknown] => [
            `source[${JSON.stringify(path)}]`,
            Object(content).asset,
        ]),
    ];
    return named.filter((one): one is [string, string] => typeof one[1] === "string" && one[1] !== UNKNOWN);
}
