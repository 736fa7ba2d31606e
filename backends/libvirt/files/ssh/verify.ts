import { posix } from "node:path";

import { UnikernelError } from "../../../../model";
import type { SshConnection } from "./connection";
import { VERIFY } from "./scripts";

interface Answer {
    code: number;
    out: Buffer;
}

/** More removals of changed content than other runs and a modified store can cause. */
const TRIES = 5;

/**
 * Run a script that may take content from the store. Content is compared with its digest once for each connection and
 * inode, before a guest gets a link to it.
 * @param shared path of the content in the store; "" for content of one guest
 * @param ask runs the script; it gets the verified inode, or ""
 */
export async function withVerified(
    connection: SshConnection,
    shared: string,
    ask: (inode: string) => Promise<Answer>,
): Promise<Answer> {
    for (let tries = 0; tries < TRIES; tries++) {
        const answer = await ask(connection.verified.get(shared) ?? "");
        record(connection, shared, answer);
        if (lastLine(answer.out) !== "unverified") return answer;
        await verify(connection, shared);
    }
    throw new UnikernelError("changed", `${shared} on ${connection.login.host} changes while it is read`, {
        hint: "let the program that writes it finish, then run again",
    });
}

/** Return the last line of a script's output. */
export const lastLine = (out: Buffer): string => out.toString("latin1").trim().split("\n").at(-1) ?? "";

/** Compare content with its digest; the script removes it where they differ. Several callers wait for one comparison. */
async function verify(connection: SshConnection, shared: string): Promise<void> {
    await connection.verifying.run(shared, async () => {
        if (connection.verified.has(shared)) return;
        const digest = posix.basename(shared, ".head");
        const answer = await connection.ask({
            what: `digest of ${shared}`,
            script: VERIFY,
            words: [shared, digest],
            long: true,
        });
        record(connection, shared, answer);
    });
}

function record(connection: SshConnection, shared: string, { out }: Answer): void {
    const inode = /^inode (\d+)$/m.exec(out.toString("latin1"))?.[1];
    if (inode !== undefined) connection.verified.set(shared, inode);
    // Another inode has its name now, so the recorded one does not count.
    else if (lastLine(out) === "unverified") connection.verified.delete(shared);
}
