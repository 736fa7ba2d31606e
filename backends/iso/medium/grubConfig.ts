import type { ConsoleKind } from "../../../model";
import { quoteWord } from "./quote";

export interface BootSteps {
    /** Shown while it loads. */
    name: string;
    console: ConsoleKind[];
    protocol: "linux" | "multiboot";
    /** The kernel's path on the medium, and the words of its command line. */
    kernel: string;
    words: string[];
    /** Paths on the medium of the files to load, in order. */
    load: string[];
}

/** Return the script that GRUB runs on its medium: no menu, no delay. If a step fails, GRUB's prompt remains. */
export function grubConfig({ name, console, protocol, kernel, words, load }: BootSteps): string {
    const loads = protocol === "linux" ? [["initrd", ...load]] : load.map((path) => ["module", path]);
    const steps = [[protocol, kernel, ...words], ...(load.length > 0 ? loads : [])];
    return [
        ...terminals(console),
        command(["echo", `Loading ${name}`]),
        // A guest without one of its parts would hide the cause behind its own errors.
        ...steps.map((step) => `if ${command(step)}; then`),
        "boot",
        ...steps.map(() => "fi"),
        "",
    ].join("\n");
}

function command(words: string[]): string {
    return words.map(quoteWord).join(" ");
}

/** Return the commands that select the terminals. A machine without a serial port keeps its screen. */
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

/** Return the path of the mark file by which a boot loader finds its own medium, in any order of devices. */
export function markPath(id: string): string {
    return `/boot/grub/id/${id}`;
}

/**
 * Return the script that is built into the boot loader, whose minimal parser has no `if`.
 * @param modules modules to load from the medium
 */
export function earlyConfig(id: string, modules: string[]): string {
    return [
        // The device that it was loaded from is searched first.
        `search.file ${markPath(id)} root $root`,
        "set prefix=($root)/boot/grub",
        ...modules.map((name) => `insmod ${name}`),
        "",
    ].join("\n");
}
