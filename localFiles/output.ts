import { access, constants, lstat, realpath, stat } from "node:fs/promises";
import { dirname, resolve, sep } from "node:path";
import { UnikernelError } from "../model";
import { isBuiltByUs } from "./built";
import { usersOf } from "./users";

/** What the caller knows about an existing file at `output`. */
export interface Known {
    /** Return whether state has it as this resource's. */
    inState(path: string): Promise<boolean>;
    /**
     * Return whether an interrupted run of this resource may have built it. Called only for an unchanged file that this
     * user built for the resource.
     */
    interrupted(path: string): Promise<boolean>;
    /** What to do about a file that this user built for the resource and that is not in state. */
    hint: string;
}

/**
 * Return the problem of writing `output`. An existing file is overwritten only if state has it, or if an interrupted
 * run of this resource built it and it is unchanged since.
 * @param id the resource; undefined when check cannot know it
 */
export async function outputProblem(
    output: string,
    id: string | undefined,
    { inState, interrupted, hint }: Known,
): Promise<UnikernelError | undefined> {
    const path = resolve(output);
    const folder = await folderProblem(dirname(path));
    if (folder) return folder;
    const there = await lstat(path).catch(() => undefined);
    if (!there) return undefined;
    if (!there.isFile())
        return problem(
            "invalid",
            `${output} is ${there.isDirectory() ? "a folder" : there.isSymbolicLink() ? "a symbolic link" : "not a regular file"}`,
            "name a file",
        );
    if (await inState(path)) return undefined;
    const users = await usersOf(path);
    const other = users.find((user) => user.id !== id);
    if (other)
        return problem(
            "in-use",
            `${output} is the image of another resource${other.urn ? `, ${other.urn}` : ""}`,
            "choose another path",
        );
    if (users.length > 0 && (await isBuiltByUs(path))) {
        if (await interrupted(path)) return undefined;
        return problem(
            "not-ours",
            `${output} is the image of ${users[0]?.urn || "another resource"}, and is not in this stack's state`,
            hint,
        );
    }
    return users.length > 0
        ? problem(
              "not-ours",
              `${output} was changed after it was built`,
              "remove it, or move it away, to have it built again",
          )
        : problem(
              "not-ours",
              `${output} exists, and this resource did not make it`,
              "remove it, move it away, or choose another path",
          );
}

function problem(
    code: "invalid" | "not-ours" | "in-use" | "permission" | "not-found",
    summary: string,
    hint: string,
): UnikernelError {
    return new UnikernelError(code, summary, { hint, property: "output" });
}

async function folderProblem(folder: string): Promise<UnikernelError | undefined> {
    const stats = await stat(folder).catch(() => undefined);
    if (!stats) return problem("not-found", `the folder ${folder} does not exist`, `mkdir -p ${folder}`);
    if (!stats.isDirectory()) return problem("invalid", `${folder} is not a folder`, "choose a path in a folder");
    const writable = await access(folder, constants.W_OK | constants.X_OK).then(
        () => true,
        () => false,
    );
    return writable
        ? undefined
        : problem(
              "permission",
              `the folder ${folder} cannot be written to`,
              "give the user who runs pulumi access to it, or choose another one",
          );
}

/** Return whether a path is a file or folder, or lies inside of it; links on the way are followed. */
export async function contains(source: string, path: string): Promise<boolean> {
    const [root, folder] = await Promise.all(
        [source, dirname(path)].map((name) => realpath(name).catch(() => resolve(name))),
    );
    const inside = `${folder}${path.slice(dirname(path).length)}`;
    return inside === root || inside.startsWith(`${root}${sep}`);
}
