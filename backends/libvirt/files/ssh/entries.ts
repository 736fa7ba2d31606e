import type { HostFile } from "../../host";
import { isPlainName, partOf, UNFINISHED } from "../unfinished";

export interface Entry extends HostFile {
    regular: boolean;
}

/** Return what LIST printed. */
export function entriesIn(out: Buffer): Entry[] {
    return [...out.toString("utf8").matchAll(/^([^:\r\n]*):(\d+):(.+)$/gm)].map(([, type, size, name]) => ({
        name: name!,
        size: Number(size),
        regular: type!.startsWith("regular"),
    }));
}

export function filesIn(all: Entry[]): HostFile[] {
    const halves = new Set(
        all.filter(({ name }) => name.endsWith(UNFINISHED)).map(({ name }) => name.slice(0, -UNFINISHED.length)),
    );
    return all
        .filter(({ name, regular }) => regular && isPlainName(name) && !name.endsWith(UNFINISHED) && !halves.has(name))
        .map(({ name, size }) => ({ name, size }))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function strangeIn(all: Entry[]): string[] {
    return all
        .filter(({ name, regular }) => !regular || !(isPlainName(name) || partOf(name) || name.endsWith(".head")))
        .map(({ name }) => name)
        .sort();
}
