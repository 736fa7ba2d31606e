import { UnikernelError } from "../model";
import type { ImageSource } from "./entry";
import { escapedPattern } from "./ignore";
import { stateBackendOf } from "./stateBackend";

const SHOWN = 5;

/**
 * Return the error for a source that is not as it was, with the names of the entries that differ.
 * @param when the time of the change, for the message: `since it was checked`
 * @param before a text for each path that differs when the entry does; undefined when it is not known
 */
export function sourceChanged(
    source: ImageSource,
    when: string,
    before?: Map<string, string>,
    after: Map<string, string> = new Map(),
): UnikernelError {
    const paths = before ? [...new Set([...before.keys(), ...after.keys()])].sort() : [];
    const changed = paths.filter((path) => before?.get(path) !== after.get(path));
    const groups = [
        named(
            "changed",
            changed.filter((path) => before?.has(path) && after.has(path)),
        ),
        named(
            "new",
            changed.filter((path) => !before?.has(path)),
        ),
        named(
            "gone",
            changed.filter((path) => !after.has(path)),
        ),
    ].filter((group) => group !== "");
    const name = typeof source === "string" ? source : "a local file of the source map";
    return new UnikernelError(
        "changed",
        `${name} has changed ${when}${groups.length > 0 ? ` (${groups.join("; ")})` : ""}`,
        {
            hint: hintFor(changed, typeof source === "string"),
            property: "source",
        },
    );
}

function named(what: string, paths: string[]): string {
    if (paths.length === 0) return "";
    const more = paths.length > SHOWN ? ` and ${paths.length - SHOWN} more` : "";
    return `${what}: ${paths.slice(0, SHOWN).join(", ")}${more}`;
}

function hintFor(changed: string[], isFolder: boolean): string {
    const backend = changed.map(stateBackendOf).find((folder) => folder !== undefined);
    if (backend !== undefined) return stateBackendHint(backend);
    const wait = "let the program that writes it finish, then run again";
    return isFolder ? `${wait}; leave files that do not belong into the image out by \`ignore\`` : wait;
}

/** Return what to do about a folder of Pulumi's state below a source. */
export function stateBackendHint(folder: string): string {
    return `${folder} holds Pulumi's own state, which each run writes: move the state out of the source (pulumi login file://ANOTHER/FOLDER), or leave it out of the image by ignore: ["/${escapedPattern(folder)}/"]`;
}
