import type { ConsoleVerdict } from "../../model";
import { firstVerdict } from "../console";

/** The start of a message of Unikraft: an optional time, then its level (lib/ukprint, lib/ukdebug). */
const message = (level: string, text: string): RegExp =>
    new RegExp(String.raw`^(?:\x1b\[[0-9;]*m)*(?:\[ *\d+\.\d+\] ?)?(?:\x1b\[[0-9;]*m)*(?:${level}): .*(?:${text})`);

const CRITICAL = message("CRIT", "");

/**
 * Read the final messages of Unikraft. A crash is told by the processor's trap (`Crashing`, in older builds `Unhandled
 * Trap`), by abort(), or by a part of the boot that fails (`Init function at … returned error`). The status of main() is
 * printed only by builds that print messages of level `Info`; the machine is switched off in each case.
 */
export function readUnikraftConsole(text: string): ConsoleVerdict {
    return firstVerdict(text, [
        [
            message("CRIT", String.raw`\bCrashing\b`),
            // The line says that it crashes; the first critical message before it says why.
            (line, _, before) => ({
                how: "crashed",
                because: (before.find((one) => CRITICAL.test(one)) ?? line).trim(),
            }),
        ],
        [message("CRIT|ERR", "Unhandled Trap|abort called"), (line) => ({ how: "crashed", because: line })],
        [message("ERR", "Init function .* returned error"), (line) => ({ how: "crashed", because: line })],
        [
            message("Info", String.raw`main returned (-?\d+)`),
            (line, status) => ({ how: "exited", status: Number(status), because: line }),
        ],
    ]);
}
