import { UnikernelError } from "../../../../model";
import type { OutputOptions, OutputReader } from "../../../backend";
import type { Host } from "../../host";
import { shellOf } from "../../hostShell";
import { CONSOLE_LOG, LAST_CONSOLE_LOG } from "../files/layout";
import { agesOf } from "./ages";
import { RotatedLog } from "./rotatedLog";

/** Return a reader of the console logs in a guest's folder. */
export async function folderOutput(
    host: Pick<Host, "files" | "uri">,
    uuid: string,
    { last = false, since }: OutputOptions,
): Promise<OutputReader> {
    const newest = last ? LAST_CONSOLE_LOG : CONSOLE_LOG;
    const names = async (): Promise<string[]> => {
        const present = (await host.files.list(uuid)).map(({ name }) => name);
        return last ? present.filter((name) => name === newest) : partsIn(present);
    };
    const log = new RotatedLog({
        names,
        read: (name, offset, length) => host.files.read(uuid, name, { offset, length, growing: true }),
        newest,
        ...(last ? {} : { former: LAST_CONSOLE_LOG }),
    });
    if (since !== undefined) {
        const shell = shellOf(host.uri);
        if (!shell)
            throw new UnikernelError("unsupported", `${host.uri} reaches libvirt alone, which has no time of a log`, {
                hint: "leave --since out, or use a connection by ssh",
            });
        const present = await names();
        const paths = await Promise.all(present.map((name) => host.files.path(uuid, name)));
        const ages = await agesOf(shell, paths);
        const first = present.find((_, index) => (ages.get(paths[index] as string) ?? 0) <= since);
        if (first !== undefined) log.beginAt(first);
        else await log.beginAtEnd(newest, (await host.files.size(uuid, newest)) ?? 0);
    }
    return log;
}

/** Return the files of the present boot's log, oldest first: virtlogd gives the youngest full one the number 0. */
export function partsIn(names: string[]): string[] {
    const numberOf = (name: string): number => Number(name.slice(CONSOLE_LOG.length + 1) || -1);
    return names
        .filter((name) => /^console\.log(\.\d+)?$/.test(name))
        .sort((one, other) => numberOf(other) - numberOf(one));
}
