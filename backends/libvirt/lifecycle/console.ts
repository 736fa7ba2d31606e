import type { Host } from "../host";
import { CONSOLE_LOG } from "./layout";

/** How many lines an error shows. */
const LINES = 40;
const TAIL_BYTES = 128 * 1024;

/** What the guest has printed since it was started; its end, if that is long. */
export async function readConsole(host: Host, uuid: string): Promise<string> {
    return plain(await host.files.read(uuid, CONSOLE_LOG, { length: TAIL_BYTES }));
}

/** The last lines for an error; [] when nothing can be read. */
export async function lastLines(host: Host, uuid: string): Promise<string[]> {
    try {
        return tail(await readConsole(host, uuid));
    } catch {
        // The console explains an error; it must not hide it.
        return [];
    }
}

/** The last lines, without blank ones at the end. */
export function tail(text: string): string[] {
    return text.trimEnd().split("\n").slice(-LINES).map((line) => line.trimEnd()).filter((line, index) => index > 0 || line !== "");
}

/** Without carriage returns and the terminal's escape sequences (ECMA-48 CSI, OSC, two-character ones). */
export function plain(text: string): string {
    return text.replaceAll(/\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g, "").replaceAll("\r", "");
}
