import type { EncodedGuest, Problem } from "../../../spec";
import { wordsFor } from "./quote";

/** COMMAND_LINE_SIZE of arch/x86 without its NUL; GRUB puts `BOOT_IMAGE=/boot/kernel ` in front, and cuts off silently what does not fit. */
const LONGEST = 2047 - "BOOT_IMAGE=/boot/kernel ".length;

/** What a boot loader cannot pass on as it is. @param boot what the guest's ABI makes of the declaration */
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
    return problems;
}
