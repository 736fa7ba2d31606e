import { at, element, text } from "../xml";
import type { Device } from "./device";

const FEATURES = new Set(["acpi", "apic", "pae", "vmport", "pvspinlock"]);

/** The parts of a machine that are equal for every guest: ACPI, clock, buses and the emulator. */
export const machine = {
    render: (_model, { emulatesPc }) => ({
        domain: [
            ...(emulatesPc ? [element("features", {}, element("acpi"), element("apic"))] : []),
            element("clock", { offset: "utc" }),
            element("on_poweroff", {}, "destroy"),
        ],
        // libvirt adds a USB controller to every QEMU that does not say otherwise.
        devices: emulatesPc ? [element("controller", { type: "usb", model: "none" })] : [],
    }),
    import: {
        elements: ["features", "clock", "on_poweroff", "pm", "devices"],
        devices: {
            emulator: () => {},
            // Other buses come with the machine.
            controller: ({ attributes: { type, model } }, notes) => {
                if (type === "usb" && model !== "none") notes.drop("USB controller");
            },
        },
        declare: ({ domain, devices }, notes) => {
            for (const { name } of at(domain, "features")?.children ?? [])
                if (!FEATURES.has(name)) notes.drop(`feature ${name}`);
            const { offset = "utc" } = at(domain, "clock")?.attributes ?? {};
            if (offset !== "utc") notes.change("clock", offset, "utc");
            const poweroff = text(domain, "on_poweroff") ?? "destroy";
            if (poweroff !== "destroy") notes.change("on_poweroff", poweroff, "destroy");
            const emulator = text(devices, "emulator");
            if (emulator && !/\/(qemu-system-x86_64|qemu-kvm|kvm)$/.test(emulator))
                notes.change("emulator", emulator, "the host's own");
            return {};
        },
    },
} satisfies Device;
