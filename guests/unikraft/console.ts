import type { ConsoleVerdict } from "../../model";
import { firstVerdict } from "../console";

/** The start of a message of Unikraft: an optional time, then its level (lib/ukprint, lib/ukdebug). */
const message = (level: string, text: string): RegExp =>
    new RegExp(String.raw`^(?:\x1b\[[0-9;]*m)*(?:\[ *\d+\.\d+\] ?)?(?:\x1b\[[0-9;]*m)*(?:${level}): .*(?:${text})`);

const CRITICAL = message("CRIT", "");

/**
 * Read the final messages of Unikraft. A message says that it crashed: after a trap of the processor (`Crashing`, in
 * older builds `Unhandled Trap`), after abort(), or where a part of the boot failed (`Init function at … returned error`).
 * Only builds that print messages of level `Info` print the status of main(). In each case the machine is switched off.
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
