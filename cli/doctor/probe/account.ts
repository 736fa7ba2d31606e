import { readFile } from "node:fs/promises";

/** A user with the ids that the kernel checks. */
export interface Account {
    name: string;
    uid: number;
    gids: number[];
}

const records = async (file: string) =>
    (await readFile(file, "utf8").catch(() => "")).split("\n").map((line) => line.split(":"));

/** Return the account of a uid, by /etc/passwd and /etc/group. An unknown uid is its own name. */
export async function accountOf(uid: number, gid?: number): Promise<Account> {
    const [name = String(uid), , , group = String(uid)] =
        (await records("/etc/passwd")).find((fields) => fields[2] === String(uid)) ?? [];
    const supplementary = (await records("/etc/group"))
        .filter((fields) => fields[3]?.split(",").includes(name))
        .map((fields) => Number(fields[2]));
    return { name, uid, gids: [...new Set([gid ?? Number(group), ...supplementary])] };
}

/**
 * Return whether the mode alone permits access: the first class that matches decides, as in the kernel.
 * @param wanted bits 4 read, 2 write, 1 search
 */
export function permits(
    entry: { mode: number; uid: number; gid: number },
    user: Pick<Account, "uid" | "gids">,
    wanted: number,
): boolean {
    if (user.uid === 0) return true;
    const shift = entry.uid === user.uid ? 6 : user.gids.includes(entry.gid) ? 3 : 0;
    return ((entry.mode >> shift) & wanted) === wanted;
}

export async function groupName(gid: number): Promise<string> {
    return (await records("/etc/group")).find((fields) => fields[2] === String(gid))?.[0] ?? String(gid);
}
