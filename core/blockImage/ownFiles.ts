import { realpath } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { escapedPattern, stateBackendHint, stateBackendWith } from "../../images";
import { cacheFolder } from "../../localFiles";
import { type Problem, stackOf } from "../../model";
import type { BlockImageInputs } from "./schema";
import { heldFolder } from "./sources";

/**
 * Return the problem of a source that holds files which each run changes: the state of this stack, or the cache. It
 * would differ at each build from what was checked.
 * @param paths what the image would hold
 */
export async function ownFilesProblems(
    { source, ignore, urn }: Pick<BlockImageInputs, "source" | "ignore" | "urn">,
    paths: string[],
): Promise<Problem[]> {
    if (typeof source !== "string") return [];
    const backend = await backendIn(source, paths, urn);
    if (backend !== undefined) return [{ property: "source", reason: backend }];
    const cache = dirname(cacheFolder("images"));
    const held = await heldFolder({ path: source, ignore }, cache);
    if (held === undefined) return [];
    const reason = `holds the cache folder of this package, ${cache}, which each run writes: name another folder, or leave it out by ignore: ["/${escapedPattern(held)}/"]`;
    return [{ property: "source", reason }];
}

async function backendIn(source: string, paths: string[], urn: string | undefined): Promise<string | undefined> {
    const its = stackOf(urn ?? "");
    if (!its) return undefined;
    const { stack, project } = its;
    const inside = stateBackendWith(paths, project, stack);
    if (inside !== undefined) return `holds the state of this stack: ${stateBackendHint(inside)}`;
    // The source may be a part of the backend itself.
    const root = await realpath(source).catch(() => resolve(source));
    const around = stateBackendWith(
        paths.map((path) => `${root}/${path}`),
        project,
        stack,
    );
    return around === undefined
        ? undefined
        : `lies in ${around}, which holds the state of this stack and is written by each run; name another folder`;
}
