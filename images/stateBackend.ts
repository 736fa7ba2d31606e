const BACKEND = /^((?:.*\/)?\.pulumi)\/(?:(?:stacks|history|backups|locks)(?:\/|$)|meta\.yaml$)/;

/**
 * Return the folder `.pulumi` of Pulumi's file backend (`pulumi login file://…`) that a path is in; undefined for a path
 * that is in none.
 */
export function stateBackendOf(path: string): string | undefined {
    return BACKEND.exec(path)?.[1];
}

/**
 * Return the folder `.pulumi` whose state backend has a stack, from the paths of a tree. Its files are
 * `stacks/PROJECT/STACK.json`, in old backends without the project, and with `.gz` where they are compressed.
 */
export function stateBackendWith(paths: Iterable<string>, project: string, stack: string): string | undefined {
    const files = new Set(
        [`${project}/${stack}`, stack].flatMap((name) => [`stacks/${name}.json`, `stacks/${name}.json.gz`]),
    );
    for (const path of paths) {
        const folder = stateBackendOf(path);
        if (folder !== undefined && files.has(path.slice(folder.length + 1))) return folder;
    }
    return undefined;
}
