import type { EncodedGuest, Problem } from "../../../model";
import { wordsFor } from "./quote";

/** COMMAND_LINE_SIZE of arch/x86 without its NUL. GRUB prepends `BOOT_IMAGE=/boot/kernel `, and truncates silently. */
const LONGEST = 2047 - "BOOT_IMAGE=/boot/kernel ".length;

/** Return the problems of a kernel that GRUB does not load, and of a command line that it cannot pass unchanged. */
export function mediumProblems({ cmdline, medium }: EncodedGuest): Problem[] {
    const problems: Problem[] = [];
    if (wordsFor(cmdline) === undefined) {
        problems.push({
            property: "args",
            reason: `GRUB cannot pass this command line as it is: ${JSON.stringify(cmdline)}. It puts a backslash before every quote and backslash, and double quotes around a word with a blank; write "a=b c" for a="b c", and no other quotes or backslashes`,
        });
    }
    if (medium?.protocol === "linux" && Buffer.byteLength(cmdline) > LONGEST) {
        problems.push({
            property: "args",
            reason: `the command line is ${Buffer.byteLength(cmdline)} bytes; from a medium a Linux kernel gets at most ${LONGEST}`,
        });
    }
    if (medium?.overlap) {
        const [first, second] = medium.overlap.map((address) => `0x${address.toString(16)}`);
        problems.push({
            property: "kernel",
            reason: `GRUB does not load it: its ELF segments at ${first} and ${second} overlap ("overlap detected", and then GRUB's prompt). QEMU's own loader does not mind. Link it so that they do not; an empty segment inside another counts`,
        });
    }
    return problems;
}
