import type { ConsoleKind } from "../../../spec";
import { quoteWord } from "./quote";

export interface BootSteps {
    /** Shown while it loads. */
    name: string;
    console: ConsoleKind[];
    protocol: "linux" | "multiboot";
    /** Path on the medium, and the words of its command line. */
    kernel: string;
    words: string[];
    /** What the loader brings along, in order: paths on the medium. */
    load: string[];
}

/** What GRUB's script reads when it has found its medium: no menu, no waiting; where a step fails, its prompt is left. */
export function grubConfig({ name, console, protocol, kernel, words, load }: BootSteps): string {
    const loads = protocol === "linux" ? [["initrd", ...load]] : load.map((path) => ["module", path]);
    const steps = [[protocol, kernel, ...words], ...(load.length > 0 ? loads : [])];
    return [
        ...terminals(console),
        command(["echo", `Loading ${name}`]),
        // A guest without one of its parts would hide what went wrong behind errors of its own.
        ...steps.map((step) => `if ${command(step)}; then`),
        "boot",
        ...steps.map(() => "fi"),
        "",
    ].join("\n");
}

function command(words: string[]): string {
    return words.map(quoteWord).join(" ");
}

/** A machine without a serial port keeps its screen. */
function terminals(console: ConsoleKind[]): string[] {
    if (!console.includes("serial")) return [];
    const names = console.map((kind) => (kind === "serial" ? "serial" : "console")).join(" ");
    return [
        "if serial --unit=0 --speed=115200; then",
        `    terminal_input ${names}`,
        `    terminal_output ${names}`,
        "fi",
    ];
}

/** Where the mark lies by which a boot loader finds its own medium, whatever order the devices come in. */
export function markPath(id: string): string {
    return `/boot/grub/id/${id}`;
}

/**
 * What is built into the boot loader: read by its small parser, which knows no `if`.
 * @param modules to load from the medium
 */
export function earlyConfig(id: string, modules: string[]): string {
    return [
        // The device that it was itself loaded from is asked first.
        `search.file ${markPath(id)} root $root`,
        "set prefix=($root)/boot/grub",
        ...modules.map((name) => `insmod ${name}`),
        "",
    ].join("\n");
}
