import { existsSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";

const NAME = "pulumi-unikernel";
const MODULES = "node_modules";

/** Return whether a module in a folder finds a file of this package by the package's name. */
export function findsPackage(folder: string, file: string): boolean {
    try {
        createRequire(join(folder, "program.js")).resolve(`${NAME}/${file}`);
        return true;
    } catch {
        return false;
    }
}

/**
 * Return a folder from which a package is found by its name, as a path from the program's folder. Preferred are paths by
 * the links of the package manager (`node_modules/@shop/web`), which a moved checkout and another version leave as they
 * are; the real path of a package that pnpm installed has its version and those of its peers.
 * @param home the real folder of the package
 * @returns undefined where there is none
 */
export function folderThatFinds(program: string, home: string): string | undefined {
    const holds = (folder: string): boolean => realPath(join(folder, MODULES, NAME)) === home;
    const found =
        dependenciesOf(program).find(holds) ??
        parentsOf(program)
            .map((folder) => join(folder, MODULES, ".pnpm"))
            .find(holds) ??
        [dirname(dirname(home))].find(holds);
    return found === undefined ? undefined : relative(program, found);
}

/** A program with more packages than this among its direct and indirect dependencies is not searched further. */
const LIMIT = 2000;

/** Return the folders of a program's dependencies, and of theirs, nearest first; each by its links. */
function dependenciesOf(program: string): string[] {
    const folders = [program];
    const seen = new Set<string | undefined>();
    for (let index = 0; index < folders.length && folders.length < LIMIT; index++) {
        const folder = folders[index]!;
        for (const name of namesOf(folder)) {
            const places = index === 0 ? parentsOf(program) : [folder];
            const link = places.map((place) => join(place, MODULES, name)).find((path) => existsSync(path));
            const real = link === undefined ? undefined : realPath(link);
            if (link === undefined || seen.has(real)) continue;
            seen.add(real);
            folders.push(link);
        }
    }
    return folders.slice(1);
}

function namesOf(folder: string): string[] {
    try {
        const { dependencies, optionalDependencies, devDependencies } = JSON.parse(
            readFileSync(join(folder, "package.json"), "utf8"),
        );
        return Object.keys({ ...dependencies, ...optionalDependencies, ...devDependencies });
    } catch {
        return [];
    }
}

function parentsOf(folder: string): string[] {
    const parent = dirname(folder);
    return parent === folder ? [folder] : [folder, ...parentsOf(parent)];
}

function realPath(path: string): string | undefined {
    try {
        return realpathSync(path);
    } catch {
        return undefined;
    }
}
