import { posix } from "node:path";

import type { FileBatches, FilePut, Guard, HostFile, Renames } from "../../host";
import { plainName } from "../errors";
import { SHARED_FOLDER } from "../shared";
import type { SshConnection } from "./connection";
import { entriesIn, filesIn, strangeIn } from "./entries";
import { quickPut } from "./put";
import { BUSY, DIFFERENT, INCOMPLETE } from "./putScripts";
import { LIST, REMOVE, REMOVE_FOLDER } from "./scripts";
import { quote } from "./shellProtocol";

/** Exit code of IF_SAME. */
const OTHER = 9;

const HAS_OTHER = `
hasOther() { # FOLDER PATH: an entry that is not of this path
    for one in "$1"/* "$1"/.[!.]* "$1"/..?*; do
        if [ "$one" != "$2" ] && { [ -e "$one" ] || [ -L "$one" ]; }; then return; fi
    done
    return 1
}`;

/** folder. Makes it. Ends with OTHER where it has an entry. */
const IF_EMPTY = `${HAS_OTHER}
if mkdir -m 0711 -- "$1" 2>/dev/null; then exit; fi
${LIST}
if [ -d "$1" ] && hasOther "$1" ""; then exit ${OTHER}; fi`;

/** folder name. Prints the entries, unless the file of that name is the only one. */
const LIST_OTHERS = `${HAS_OTHER}
if [ -e "$1/$2" ] && ! hasOther "$1" "$1/$2"; then exit; fi
${LIST}`;

/** path. Ends with OTHER where it exists. */
const UNLESS = `if [ -e "$1" ] || [ -e "$1.unfinished" ]; then exit ${OTHER}; fi`;

/** from to… */
const RENAME_ALL = `while [ $# != 0 ]; do [ ! -e "$1" ] || mv -f -- "$1" "$2"; shift 2; done`;

/**
 * path text. Ends with OTHER where the file is missing, incomplete or has another content. The text is one line, which
 * the shell reads without a process of its own.
 */
const IF_SAME = `
[ ! -e "$1.unfinished" ] || exit ${OTHER}
line= rest=
{ { IFS= read -r line || :; IFS= read -r rest || :; } < "$1"; } 2>/dev/null || exit ${OTHER}
if [ "$line" != "$2" ] || [ -n "$rest" ]; then exit ${OTHER}; fi`;

interface Step {
    script: string;
    words: string[];
}

/** Several calls for the files of one guest, each batch by one script, which ends at the first step that fails. */
export class SshBatches implements Omit<FileBatches, "listAll"> {
    constructor(
        private readonly connection: SshConnection,
        private readonly base: () => Promise<string>,
        private readonly forget: (uuid: string) => Promise<void>,
    ) {}

    async removeAll(uuid: string, names: string[]): Promise<void> {
        const { folder, store } = await this.places(uuid);
        await this.forget(uuid);
        await this.connection.ask({ what: `removal of ${folder}`, ...inOrder(removal(folder, store, names)) });
    }

    async removeGuard(uuid: string, guard: Guard): Promise<void> {
        const { folder, store } = await this.places(uuid);
        const steps = [isSame(folder, guard), { script: REMOVE, words: [folder, store, guard.name] }];
        await this.connection.ask({
            what: `removal of ${posix.join(folder, guard.name)}`,
            ...inOrder(steps),
            codes: [OTHER],
        });
    }

    async removeAllUnless(
        uuid: string,
        unless: string,
        names: string[],
    ): Promise<{ files: HostFile[]; strange: string[] } | undefined> {
        const { folder, store } = await this.places(uuid);
        await this.forget(uuid);
        const { code, out } = await this.connection.ask({
            what: `removal of ${folder}`,
            ...inOrder([
                { script: UNLESS, words: [posix.join(folder, plainName(unless))] },
                { script: LIST, words: [folder] },
                ...removal(folder, store, names),
            ]),
            codes: [OTHER],
        });
        if (code === OTHER) return undefined;
        const all = entriesIn(out);
        return { files: filesIn(all), strange: strangeIn(all) };
    }

    async putInEmpty(uuid: string, { name, parts, options }: FilePut): Promise<{ files: HostFile[]; made: boolean }> {
        const { base, folder } = await this.places(uuid);
        const put = await quickPut(this.connection, { base, folder, name }, parts, options, true);
        const { code, out } = await this.connection.ask({
            what: `write of ${posix.join(folder, plainName(name))}`,
            ...inOrder([
                { script: IF_EMPTY, words: [folder] },
                ...(put ? [{ ...put, line: true }] : []),
                // Another one may have come after the first look.
                { script: LIST_OTHERS, words: [folder, name] },
            ]),
            data: put?.data,
            codes: [OTHER, INCOMPLETE, BUSY],
        });
        const made = code === 0 && /^made$/m.test(out.toString("latin1"));
        return { files: filesIn(entriesIn(out)).filter((file) => !made || file.name !== name), made };
    }

    async renameGuarded(uuid: string, guard: Guard, renames: Renames): Promise<"renamed" | "lost"> {
        const { folder } = await this.places(uuid);
        const { code } = await this.connection.ask({
            what: `rename of ${renames.map(([from]) => from).join(" and ")}`,
            ...inOrder([isSame(folder, guard), { script: RENAME_ALL, words: renames.flat() }]),
            codes: [OTHER],
        });
        return code === OTHER ? "lost" : "renamed";
    }

    async putGuarded(uuid: string, puts: FilePut[], guard: Guard): Promise<string[] | "lost"> {
        const { base, folder } = await this.places(uuid);
        const all = await Promise.all(
            puts.map(async ({ name, parts, options }) => {
                // The usual way reports a source that cannot be read.
                const quick = await quickPut(this.connection, { base, folder, name }, parts, options).catch(
                    () => undefined,
                );
                return quick ? [{ name, ...quick }] : [];
            }),
        );
        const quick = all.flat();
        // The steps share one standard input.
        const sent = quick.find(({ data }) => data.length > 0);
        const done = quick.filter((one) => one === sent || one.data.length === 0);
        const { code, out } = await this.connection.ask({
            what: `write of ${done.map(({ name }) => posix.join(folder, name)).join(" and ")}`,
            ...inOrder([
                isSame(folder, guard),
                // A line for each, whatever it says.
                ...done.map(({ script, words }) => ({ script, words, line: true })),
                isSame(folder, guard),
            ]),
            data: sent?.data,
            codes: [OTHER, INCOMPLETE, DIFFERENT, BUSY],
        });
        if (code === OTHER) return "lost";
        if (code !== 0) return [];
        const lines = out.toString("latin1").split("\n");
        return done.flatMap(({ name }, index) => (["have", "made"].includes(lines[index] ?? "") ? [name] : []));
    }

    private async places(uuid: string): Promise<{ base: string; folder: string; store: string }> {
        const base = await this.base();
        return { base, folder: posix.join(base, plainName(uuid)), store: posix.join(base, SHARED_FOLDER) };
    }
}

const removal = (folder: string, store: string, names: string[]): Step[] => [
    ...(names.length > 0 ? [{ script: REMOVE, words: [folder, store, ...names.map(plainName)] }] : []),
    { script: REMOVE_FOLDER, words: [folder, store] },
];

const isSame = (folder: string, { name, text }: Guard): Step => ({
    script: IF_SAME,
    words: [posix.join(folder, plainName(name)), text],
});

/**
 * Return the script that runs these, one after the other, each but the last in a subshell, which it may leave by `exit`,
 * and its words: those of each, quoted.
 * @param line print the last line of what a step says, which may be empty
 */
function inOrder(steps: (Step & { line?: boolean })[]): Step {
    return {
        script: steps
            .map(({ script, line }, at) => {
                const step = `eval "step${at} $${at + 1}"`;
                const call = at === steps.length - 1 && !line ? step : `(${step})`;
                const run = line ? `said${at}=$${call}\nprintf '%s\\n' "\${said${at}##*\n}"` : call;
                return `step${at}() {\n${script}\n:\n}\n${run}`;
            })
            .join("\n"),
        words: steps.map(({ words }) => words.map(quote).join(" ")),
    };
}
