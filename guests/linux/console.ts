import type { ConsoleVerdict } from "../../model";
import { firstVerdict, type Rule } from "../console";

/** printk's prefix: the time and, with CONFIG_PRINTK_CALLER, the caller (kernel/printk/printk.c, print_prefix). */
const STAMP = String.raw`^(?:\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? )?`;

const stamped = (line: string): RegExp => new RegExp(`${STAMP}(${line})`);

const crashed = (_: string, because = ""): { how: "crashed"; because: string } => ({
    how: "crashed",
    because: because.trim(),
});
const halted = (_: string, because = ""): { how: "halted"; because: string } => ({ how: "halted", because });

/** kernel/panic.c, panic(): its first line, and its last, in case the first was cut off. */
export const PANIC: Rule[] = [
    [stamped("Kernel panic - not syncing: .*"), crashed],
    [stamped(String.raw`---\[ end Kernel panic - not syncing.*`), crashed],
];

/**
 * Read the final messages of a Linux guest and of the init in tools/nginx-guest.
 *
 * - kernel/panic.c, panic(): `Kernel panic - not syncing: …` first and `---[ end Kernel panic - not syncing: … ]---`
 *   last, where it stays. The same line has the reason (kernel/exit.c: `Attempted to kill init! exitcode=0x…`;
 *   init/do_mounts.c: `VFS: Unable to mount root fs …`).
 * - arch/x86/mm/extable.c, early_fixup_exception(): `PANIC: early exception 0x…`, before panic() is available.
 * - arch/x86/boot/compressed/misc.c, error(): ` -- System halted`, below the reason: the image could not be unpacked.
 * - kernel/reboot.c: `reboot: System halted`, `reboot: Power off not available: System halted instead` (nothing can
 *   switch the machine off) and `reboot: Power down`; before 3.11 `System halted.` and `Power down.` without the
 * prefix.
 *
 * `reboot: Restarting system` and `reboot: machine restart` (arch/x86/kernel/reboot.c) do not end the guest: where the
 * domain lets it restart, it continues, and otherwise the domain is off. The same holds for `Rebooting in N seconds..`,
 * which follows a panic's line.
 */
export function readConsole(text: string): ConsoleVerdict {
    return firstVerdict(text, [
        [
            /^=== application exited with status (\d+) ===/,
            (line, status) => ({ how: "exited", status: Number(status), because: line }),
        ],
        [/^=== pulumi-unikernel: boot failed: .*/, (line) => ({ how: "crashed", because: line })],
        ...PANIC,
        [/^PANIC: early exception 0x[0-9a-f]+/, (line) => ({ how: "crashed", because: line })],
        [
            /^ -- System halted/,
            (line, _, before) => ({
                how: "crashed",
                because: before.findLast((one) => one.trim() !== "")?.trim() ?? line,
            }),
        ],
        [stamped("reboot: (?:Power down|System halted|Power off not available: System halted instead)"), halted],
        [stamped(String.raw`(?:System halted|Power down)\.$`), halted],
    ]);
}
