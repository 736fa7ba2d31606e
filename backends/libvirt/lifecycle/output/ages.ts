import type { HostShell } from "../../localShell";

/** Print, for each file that exists, the seconds since its last change, and its path. */
const SCRIPT = `
now=$(date +%s)
for path do [ ! -e "$path" ] || echo "$((now - $(stat -L -c %Y -- "$path"))) $path"; done`;

/** Return the seconds since the last change of files on a host, by path and by its own clock. */
export async function agesOf(shell: HostShell, paths: string[]): Promise<Map<string, number>> {
    const lines = (await shell(SCRIPT, paths)).split("\n");
    return new Map(
        lines.flatMap((line): [string, number][] => {
            const [, seconds, path] = /^(-?\d+) (.+)$/.exec(line) ?? [];
            return path === undefined ? [] : [[path, Number(seconds)]];
        }),
    );
}
