import type { ConsoleVerdict } from "../../spec";
import { firstVerdict } from "../console";

/**
 * What rumprun prints at its end (lib/librumprun_base: rumprun.c, syscall_misc.c; platform/hw/kernel.c). It stays
 * there, halted, so the console is all there is to tell by. Lines are matched from their start: a program's log may
 * quote any of them.
 */
export function readRumprunConsole(text: string): ConsoleVerdict {
    return firstVerdict(text, [
        [/^=== main\(\) of ".*" returned (-?\d+) ===/, (line, status) => ({ how: "exited", status: Number(status), because: line })],
        [/^=== (?:ERROR: )?_exit\((-?\d+)\) called ===/, (line, status) => ({ how: "exited", status: Number(status), because: line })],
        [/^=== bootstrap failed/, (line, _, before) => ({ how: "crashed", because: before.findLast((one) => one.startsWith("rumprun:")) ?? line })],
        [/^panic: |^PANIC: |^ASSERT |^Assertion .* failed/i, (line) => ({ how: "crashed", because: line })],
        [/^halted\b/, (line) => ({ how: "halted", because: line })],
    ]);
}
