import type { ConsoleVerdict } from "../../model";
import { firstVerdict } from "../console";

/**
 * Read the final messages of Solo5 (bindings/abort.c, bindings/virtio/platform.c). From 0.12 the machine is then switched
 * off, whatever the status; before, it stays halted.
 */
export function readSolo5Console(text: string): ConsoleVerdict {
    return firstVerdict(text, [
        [
            /^(?:Solo5: )?solo5_exit\((-?\d+)\) called/,
            (line, status) => ({ how: "exited", status: Number(status), because: line }),
        ],
        [/^Solo5: (?:ABORT|PANIC|trap)\b.*/, (line) => ({ how: "crashed", because: line })],
        [/^Solo5: Halted/, (line) => ({ how: "halted", because: line })],
    ]);
}
