import { at, element, text } from "../xml";
import type { Device } from "./device";

const KNOWN = new Set(["type", "kernel", "initrd", "cmdline", "boot", "bootmenu", "bios"]);

/** The files and the command line from which a guest boots, and the machine on which it does. */
export const boot = {
    arguments: ["kernel", "initrd", "args", "env", "hostname", "mirage"],
    render: ({ osType, arch, machine, boot: { kernel, initrd, cmdline } }) => ({
        domain: [
            element(
                "os",
                {},
                element("type", { arch, machine }, osType),
                element("kernel", {}, kernel),
                initrd ? element("initrd", {}, initrd) : undefined,
                cmdline ? element("cmdline", {}, cmdline) : undefined,
            ),
        ],
    }),
    read: ({ domain }) => ({
        machine: at(domain, "os", "type")?.attributes.machine ?? "",
        kernel: text(domain, "os", "kernel"),
        initrd: text(domain, "os", "initrd"),
        cmdline: text(domain, "os", "cmdline"),
    }),
    // Not the machine: libvirt replaces an alias such as `pc` by the full name.
    compared: ({ kernel, initrd, cmdline }) => ({ kernel, initrd, args: cmdline }),
    import: {
        elements: ["os"],
        declare: ({ domain }, notes) => {
            const os = at(domain, "os");
            const { arch = "x86_64", machine = "pc" } = at(os, "type")?.attributes ?? {};
            if (text(os, "type") !== "hvm" || arch !== "x86_64")
                notes.refuse(`an operating system of type ${text(os, "type") ?? "?"} for ${arch}`);
            if (os?.attributes.firmware) notes.refuse(`firmware ${os.attributes.firmware}`);
            for (const { name } of os?.children ?? []) if (!KNOWN.has(name)) notes.refuse(`${name} in os`);
            if (!/^pc(-i440fx|$)/.test(machine)) notes.change("machine", machine, "pc");
            return { kernel: text(os, "kernel"), initrd: text(os, "initrd"), cmdline: text(os, "cmdline") ?? "" };
        },
    },
} satisfies Device;
