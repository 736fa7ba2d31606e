import { spawn } from "node:child_process";
import { once } from "node:events";

import type { LibvirtHost } from "./libvirtHost";

const PROGRAM =
    'require("node:net").createServer().listen(Number(process.argv[1]), process.argv[2], () => console.log("listening")); process.stdin.resume().on("end", () => process.exit())';

/**
 * Start a program that is no guest and listens on a TCP port of an address of a host. It ends with `stop`, or with this
 * process.
 */
export async function listenOn(host: LibvirtHost, port: number, address = "127.0.0.1"): Promise<{ stop(): void }> {
    const [enter, ...args] = host.enter as [string, ...string[]];
    const child = spawn(enter, [...args, process.execPath, "-e", PROGRAM, String(port), address], {
        stdio: ["pipe", "pipe", "inherit"],
    });
    const ended = once(child, "exit").then(([code]) => {
        throw new Error(`port ${port} cannot be listened on: exit code ${code}`);
    });
    await Promise.race([once(child.stdout, "data"), ended]);
    ended.catch(() => undefined);
    return { stop: () => child.stdin.end() };
}
