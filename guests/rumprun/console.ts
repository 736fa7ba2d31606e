import type { ConsoleVerdict } from "../../model";
import { firstVerdict } from "../console";

/**
 * Read the final messages of rumprun (lib/librumprun_base: rumprun.c, syscall_misc.c; platform/hw/kernel.c). On
 * hardware the domain then stays, halted, so only the console shows the end. Patterns are anchored to the start of a
 * line, because a program's log may quote any of these messages.
 *
 * Processor faults on hardware: platform/hw/arch/amd64/machdep.c, `FATAL TRAP: …` and, in older builds, `FATAL
 * pagefault at …`. On Xen: platform/xen/xen/arch/x86/traps.c (each fault ends in a crash that is reported to Xen; `SIMD
 * error` and `SIMD copro error` end nothing), include/mini-os/lib.h (`ASSERTION FAILED: … at …`, which calls BUG, that
 * is minios_do_exit) and platform/xen/xen/kernel.c (bmk_platform_halt: `PANIC: …`; minios_do_exit: `Do_exit called!`
 * after a failed return; minios_do_halt: `minios: halting` at any regular end).
 */
export function readRumprunConsole(text: string): ConsoleVerdict {
    return firstVerdict(text, [
        [
            /^=== main\(\) of ".*" returned (-?\d+) ===/,
            (line, status) => ({ how: "exited", status: Number(status), because: line }),
        ],
        [
            /^=== (?:ERROR: )?_exit\((-?\d+)\) called ===/,
            (line, status) => ({ how: "exited", status: Number(status), because: line }),
        ],
        [
            /^=== bootstrap failed/,
            (line, _, before) => ({
                how: "crashed",
                because: before.findLast((one) => one.startsWith("rumprun:")) ?? line,
            }),
        ],
        [/^panic: |^PANIC: |^ASSERT |^Assertion .* failed/i, (line) => ({ how: "crashed", because: line })],
        [
            /^FATAL TRAP: |^FATAL pagefault at |^FATAL: {1,2}Unhandled Trap \d/,
            (line) => ({ how: "crashed", because: line }),
        ],
        [
            /^Page fault at linear address |^Page fault in pagetable walk|^GPF [er]ip: |^Debug exception$|^Copro error$|^ASSERTION FAILED: .* at .*|^Do_exit called!/,
            (line) => ({ how: "crashed", because: line }),
        ],
        [/^minios: halting, reason=\d+/, (line) => ({ how: "halted", because: line })],
        [/^halted\b/, (line) => ({ how: "halted", because: line })],
    ]);
}
