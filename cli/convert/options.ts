import { Command, CommanderError, Option } from "commander";
import { wrong } from "./wrong";

/** What becomes of each option, by its form: `-b <blkspec>`, `-i`, `-M, --memory <size>`. The value of a flag is empty. */
export type Handlers = Record<string, (value: string) => void>;

interface Form {
    tool: string;
    handlers: Handlers;
    /** What follows the first operand belongs to the guest, whatever it looks like (getopts of POSIX). @default false */
    stopAtOperand?: boolean;
}

/** Read the options of a line in their order. @returns the operands @throws UnikernelError on an unknown option or a missing value */
export function readOptions(argv: string[], { tool, handlers, stopAtOperand = false }: Form): string[] {
    const command = new Command(tool)
        .helpOption(false)
        .showSuggestionAfterError(false)
        .exitOverride()
        .configureOutput({ writeOut: () => {}, writeErr: () => {}, outputError: () => {} })
        .argument("[words...]")
        .passThroughOptions(stopAtOperand)
        .action(() => {});
    for (const [form, handle] of Object.entries(handlers)) {
        const option = new Option(form);
        command.addOption(option).on(`option:${option.name()}`, (value?: string | null) => handle(value ?? ""));
    }
    try {
        command.parse(argv, { from: "user" });
    } catch (error) {
        if (!(error instanceof CommanderError)) throw error;
        throw wrong(
            tool,
            /'([^']*)'/.exec(error.message)?.[1] ?? "",
            `${error.message.replace(/^error: /, "")}; expected one of ${Object.keys(handlers).join(", ")}`,
            error.code === "commander.optionMissingArgument" ? "write the value behind the option" : undefined,
        );
    }
    return command.args;
}

/** Return the kernel's path: the first operand. */
export function kernelOf(tool: string, operands: string[], expected: string): string {
    const [kernel = ""] = operands;
    if (kernel === "")
        throw wrong(tool, "(end of the line)", `found no kernel, expected ${expected}`, "add the path of the kernel");
    if (kernel.startsWith("-")) throw wrong(tool, kernel, `found an option, expected ${expected}`);
    return kernel;
}

/** Split options that are separated by commas. @param doubled `,,` stands for a comma, as QEMU reads it */
export function commaList(text: string, doubled = false): string[] {
    if (!doubled) return text.split(",");
    return (text.match(/(?:,,|[^,])+/g) ?? []).map((part) => part.replaceAll(",,", ","));
}

/** An option of the form `head,name=value,flag`. */
export interface Listed {
    /** The part before the first comma, where it has no `=`; else empty. */
    head: string;
    /** In the order of the text. A flag has the value `on`. */
    options: [name: string, value: string][];
}

/** Read `head,name=value,flag`. */
export function listed(text: string, doubled = false): Listed {
    const parts = commaList(text, doubled);
    const head = parts[0]?.includes("=") ? "" : (parts.shift() ?? "");
    return {
        head,
        options: parts
            .filter((part) => part !== "")
            .map((part) => {
                const at = part.indexOf("=");
                return at < 0 ? [part, "on"] : [part.slice(0, at), part.slice(at + 1)];
            }),
    };
}

/** Return a number of decimal digits. @throws UnikernelError otherwise */
export function whole(tool: string, option: string, text: string, expected: string): number {
    if (!/^\d{1,15}$/.test(text)) throw wrong(tool, option, `expected ${expected}, found ${JSON.stringify(text)}`);
    return Number(text);
}

const UNITS: Record<string, number> = { "": 1, b: 1 / 1024 / 1024, k: 1 / 1024, m: 1, g: 1024, t: 1024 * 1024 };

/** Return an amount of memory in MiB as QEMU reads it: `64`, `64M`, `1G`. @param unit of a number alone */
export function mebibytes(tool: string, option: string, text: string, unit: "" | "b" = ""): number {
    const [, digits = "", letter = ""] = /^(\d{1,15})([bkmgt]?)$/i.exec(text) ?? [];
    if (digits === "")
        throw wrong(tool, option, `expected an amount of memory, such as 64 or 64M, found ${JSON.stringify(text)}`);
    return Math.ceil(Number(digits) * UNITS[letter.toLowerCase() || unit]!);
}
