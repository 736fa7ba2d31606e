import { posix } from "node:path";

import type { FileBatches, FilePut, Guard } from "../../host";
import { plainName } from "../errors";
import { SHARED_FOLDER } from "../shared";
import type { SshConnection } from "./connection";
import { quickPut } from "./put";
import { BUSY, DIFFERENT, INCOMPLETE, REMOVE, REMOVE_FOLDER } from "./scripts";
import { quote } from "./shellProtocol";

/** Exit code of IF_SAME. */
const OTHER = 9;

/** path text. Ends with OTHER where the file is missing, incomplete or has another content. */
const IF_SAME = `
[ ! -e "$1.unfinished" ] || exit ${OTHER}
[ "$(cat -- "$1" 2>/dev/null)" = "$2" ] || exit ${OTHER}`;

interface Step {
    script: string;
    words: string[];
}

/** Several calls for the files of one guest, each batch by one script, which ends at the first step that fails. */
export class SshBatches implements Pick<FileBatches, "removeAll" | "removeGuard" | "putGuarded"> {
    constructor(
        private readonly connection: SshConnection,
        private readonly base: () => Promise<string>,
        private readonly forget: (uuid: string) => Promise<void>,
    ) {}

    async removeAll(uuid: string, names: string[]): Promise<void> {
        const { folder, store } = await this.places(uuid);
        await this.forget(uuid);
        const steps = [
            ...(names.length > 0 ? [{ script: REMOVE, words: [folder, store, ...names.map(plainName)] }] : []),
            { script: REMOVE_FOLDER, words: [folder, store] },
        ];
        await this.connection.ask({ what: `removal of ${folder}`, ...inOrder(steps) });
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

const isSame = (folder: string, { name, text }: Guard): Step => ({
    script: IF_SAME,
    words: [posix.join(folder, plainName(name)), text],
});

/**
 * Return the script that runs these, one after the other, each in a subshell, and its words: those of each, quoted.
 * @param line print the last line of what a step says, which may be empty
 */
function inOrder(steps: (Step & { line?: boolean })[]): Step {
    return {
        script: steps
            .map(({ script, line }, at) => {
                const call = `(eval "step${at} $${at + 1}")`;
                const run = line ? `said${at}=$${call}\nprintf '%s\\n' "\${said${at}##*\n}"` : call;
                return `step${at}() {\n${script}\n:\n}\n${run}`;
            })
            .join("\n"),
        words: steps.map(({ words }) => words.map(quote).join(" ")),
    };
}
