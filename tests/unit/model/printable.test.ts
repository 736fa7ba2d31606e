import { printable, UnikernelError } from "../../../model";

const HOSTILE = "\u001b]52;c;aGk=\u0007 \u009b2J \u202e \u2066 \u0000 \u007f";
const UNPRINTABLE = /[^\P{C}\t\n]/u;

test("nothing that a terminal obeys is left, tabs, newlines and letters of all scripts are", () => {
    expect(printable(HOSTILE)).not.toMatch(UNPRINTABLE);
    expect(printable("a\tb\r\nc ü 漢 🐧")).toBe("a\tb\nc ü 漢 🐧");
});

test("no part of an error has it, whoever said it", () => {
    const error = new UnikernelError("program-failed", `qemu said ${HOSTILE}`, {
        hint: `domain ${HOSTILE}`,
        console: [HOSTILE],
        property: "kernel",
    });
    for (const text of [error.message, error.hint ?? "", ...(error.console ?? [])])
        expect(text).not.toMatch(UNPRINTABLE);
});
