import { hasCode, printable } from "../../../../model";
import type { Host } from "../../host";
import type { GuestAccess, KeptConsole, LibvirtPlatform } from "../../platform";
import { CONSOLE_LOG, LAST_CONSOLE_LOG } from "../files/layout";
import { folderOutput } from "../output";
import { GrowingText } from "./growingText";

/** Number of lines that an error shows. */
const LINES = 40;
export const TAIL_BYTES = 128 * 1024;
const LISTEN_MS = 150;

/** Return a guest's stored console output: that of its platform, or the log in the guest's folder. */
export function keptConsole(host: Host, platform: LibvirtPlatform, guest: GuestAccess): KeptConsole {
    return platform.console?.(host, guest) ?? folderConsole(host, guest.uuid);
}

/**
 * Return the console log in a guest's folder. Each boot has its own log; that of the previous boot is kept beside it.
 */
export function folderConsole(host: Host, uuid: string): KeptConsole {
    return {
        path: (which) => host.files.path(uuid, which === "last" ? LAST_CONSOLE_LOG : CONSOLE_LOG),
        read: (length) => host.files.read(uuid, CONSOLE_LOG, { length }),
        readFrom: (offset, length) => host.files.read(uuid, CONSOLE_LOG, { offset, length, growing: true }),
        size: () => host.files.size(uuid, CONSOLE_LOG),
        output: (options) => folderOutput(host, uuid, options),
        rotate: () =>
            host.files
                .rename(uuid, CONSOLE_LOG, LAST_CONSOLE_LOG, { replace: true, transient: true })
                .catch((error: unknown) => {
                    // There is no log, or it cannot be moved: start all the same.
                    if (hasCode(error, "unreachable")) throw error;
                }),
        remove: async () => undefined,
    };
}

/**
 * Reads the end of a guest's output since its start. A wait reads it several times a second, so each read after the
 * first asks for what is new.
 */
export class ConsoleReader {
    private heard = "";
    private fileRefused = false;
    private readonly growing = new GrowingText(TAIL_BYTES);

    constructor(
        private readonly host: Host,
        private readonly uuid: string,
        private readonly kept: KeptConsole = folderConsole(host, uuid),
    ) {}

    async read(): Promise<string> {
        if (!this.fileRefused) {
            try {
                const text = await this.stored();
                if (text !== undefined) return plain(text);
            } catch (error) {
                if (!hasCode(error, "permission", "unsupported")) throw error;
                this.fileRefused = true;
            }
        }
        return this.listen();
    }

    private stored(): Promise<string | undefined> {
        const readFrom = this.kept.readFrom?.bind(this.kept);
        return readFrom ? this.growing.next(readFrom) : this.kept.read(TAIL_BYTES);
    }

    /** Read new output from the console: only the daemon's user can read the log. */
    private async listen(): Promise<string> {
        const more = await this.host.domains.readConsole(this.uuid, LISTEN_MS).catch((error: unknown) => {
            if (hasCode(error, "unreachable")) throw error;
            // It is off, or another program has the console open.
            return "";
        });
        this.heard = (this.heard + more).slice(-TAIL_BYTES);
        return plain(this.heard);
    }
}

/** Return the last lines for an error; [] when the console cannot be read. */
export async function lastLines(host: Host, uuid: string, kept?: KeptConsole): Promise<string[]> {
    try {
        return tail(await new ConsoleReader(host, uuid, kept).read());
    } catch {
        // A failure here must not hide the error that the console would explain.
        return [];
    }
}

/** Return the last lines, without blank ones at the end. */
export function tail(text: string): string[] {
    return text
        .trimEnd()
        .split("\n")
        .slice(-LINES)
        .map((line) => line.trimEnd())
        .filter((line, index) => index > 0 || line !== "");
}

/**
 * Remove carriage returns and terminal escape sequences (ECMA-48 CSI, OSC, two-character ones). A removal may join the
 * text around it to a new sequence, so the remaining control characters are replaced.
 */
export function plain(text: string): string {
    return printable(
        text
            .replaceAll(/\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g, "")
            .replaceAll("\r", ""),
    );
}
