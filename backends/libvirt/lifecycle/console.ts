import { hasCode, printable } from "../../../spec";
import type { Host } from "../host";
import type { GuestWay, KeptConsole, LibvirtPlatform } from "../platform";
import { CONSOLE_LOG, LAST_CONSOLE_LOG } from "./layout";

/** How many lines an error shows. */
const LINES = 40;
export const TAIL_BYTES = 128 * 1024;
const LISTEN_MS = 150;

/** Where a guest's console is kept: by its platform, or in its own folder, where a definition with a log puts it. */
export function keptConsole(host: Host, platform: LibvirtPlatform, guest: GuestWay): KeptConsole {
    return platform.console?.(host, guest) ?? folderConsole(host, guest.uuid);
}

/** Each boot gets a log of its own, and the one before is kept beside it. Both go with the folder. */
export function folderConsole(host: Host, uuid: string): KeptConsole {
    return {
        path: (which) => host.files.path(uuid, which === "last" ? LAST_CONSOLE_LOG : CONSOLE_LOG),
        read: (length) => host.files.read(uuid, CONSOLE_LOG, { length }),
        size: async (files) => (files ?? (await host.files.list(uuid))).find(({ name }) => name === CONSOLE_LOG)?.size,
        turn: () =>
            host.files.rename(uuid, CONSOLE_LOG, LAST_CONSOLE_LOG, { replace: true }).catch((error: unknown) => {
                // There is none, or it cannot be moved: no reason not to start.
                if (hasCode(error, "unreachable")) throw error;
            }),
        remove: async () => undefined,
    };
}

/** Reads what a guest has printed since it was started; its end, if that is long. */
export class ConsoleReader {
    private heard = "";
    private fileRefused = false;

    constructor(
        private readonly host: Host,
        private readonly uuid: string,
        private readonly kept: KeptConsole = folderConsole(host, uuid),
    ) {}

    async read(): Promise<string> {
        if (!this.fileRefused) {
            try {
                const text = await this.kept.read(TAIL_BYTES);
                if (text !== undefined) return plain(text);
            } catch (error) {
                if (!hasCode(error, "permission", "unsupported")) throw error;
                this.fileRefused = true;
            }
        }
        return this.listen();
    }

    /** The daemon writes the log for its own user only: whoever is not that one hears what comes from now on. */
    private async listen(): Promise<string> {
        const more = await this.host.domains.readConsole(this.uuid, LISTEN_MS).catch((error: unknown) => {
            if (hasCode(error, "unreachable")) throw error;
            // It is off, or somebody else has the console open.
            return "";
        });
        this.heard = (this.heard + more).slice(-TAIL_BYTES);
        return plain(this.heard);
    }
}

/** The last lines for an error; [] when nothing can be read. */
export async function lastLines(host: Host, uuid: string, kept?: KeptConsole): Promise<string[]> {
    try {
        return tail(await new ConsoleReader(host, uuid, kept).read());
    } catch {
        // The console explains an error; it must not hide it.
        return [];
    }
}

/** The last lines, without blank ones at the end. */
export function tail(text: string): string[] {
    return text
        .trimEnd()
        .split("\n")
        .slice(-LINES)
        .map((line) => line.trimEnd())
        .filter((line, index) => index > 0 || line !== "");
}

/**
 * Without carriage returns and the terminal's escape sequences (ECMA-48 CSI, OSC, two-character ones). Removing one may join what
 * was around it to another, so what is left of control characters is replaced.
 */
export function plain(text: string): string {
    return printable(
        text
            .replaceAll(/\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g, "")
            .replaceAll("\r", ""),
    );
}
