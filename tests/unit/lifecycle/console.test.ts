import type { Host } from "../../../backends/libvirt/host";
import { ConsoleReader, lastLines, plain, tail } from "../../../backends/libvirt/lifecycle/readiness/console";
import { UnikernelError } from "../../../model";

test.each([
    ["line\r\nnext\r\n", "line\nnext\n"],
    ["\u001b[1;32mgreen\u001b[0m", "green"],
    ["\u001b[2J\u001b[Hcleared", "cleared"],
    ["\u001b]0;title\u0007text", "text"],
    ["\u001b[?25lhidden cursor", "hidden cursor"],
    ["\u001b\u001b[A]52;c;aGk=\u0007paste", "\ufffd]52;c;aGk=\ufffdpaste"],
    ["\u009b2J\u0000\u0008tab\tstays", "\ufffd2J\ufffd\ufffdtab\tstays"],
    ["\u202egnp.exe", "\ufffdgnp.exe"],
])("%j is %j for a reader", (raw, expected) => {
    expect(plain(raw)).toBe(expected);
});

test("forty lines, none of them blank at the ends", () => {
    const lines = Array.from({ length: 60 }, (_one, index) => `line ${index} `);
    expect(tail(`${lines.join("\n")}\n\n\n`)).toEqual(lines.slice(20).map((line) => line.trimEnd()));
    expect(tail("")).toEqual([]);
});

/** Somebody who may use libvirt, but may not read the daemon's files. */
function stranger(said: string[]): Host {
    return {
        files: {
            read: async () => {
                throw new UnikernelError("permission", "not yours");
            },
        },
        domains: {
            readConsole: async () => {
                const text = said.shift();
                if (text === undefined) throw new UnikernelError("program-failed", "busy");
                return text;
            },
        },
    } as unknown as Host;
}

test("where the log cannot be read, the console is listened to", async () => {
    const reader = new ConsoleReader(stranger(["one ", "two "]), "uuid");
    expect([await reader.read(), await reader.read(), await reader.read()]).toEqual(["one ", "one two ", "one two "]);
});

test("a lost host is told, but never hides the error that it would explain", async () => {
    const gone = {
        files: {
            read: async () => {
                throw new UnikernelError("unreachable", "gone");
            },
        },
    } as unknown as Host;
    await expect(new ConsoleReader(gone, "uuid").read()).rejects.toMatchObject({ code: "unreachable" });
    expect(await lastLines(gone, "uuid")).toEqual([]);
});
