import type { DomainModel } from "../model";
import { all, at, type Element, element, type Tree } from "../xml";
import type { Device } from "./device";
import type { Notes } from "./notes";

/** The serial port (Xen: the paravirtual console), and the file in which libvirt keeps what a guest prints. */
export const console = {
    render: ({ console: kept }, { emulatesPc }) => ({
        devices: emulatesPc
            ? [
                  element("serial", { type: "pty" }, log(kept), element("target", { port: "0" })),
                  element("console", { type: "pty" }, log(kept), element("target", { type: "serial", port: "0" })),
              ]
            : [element("console", { type: "pty" }, log(kept), element("target", { type: "xen", port: "0" }))],
    }),
    read: ({ devices }) => ({
        consoleLog: at(devices, "serial", "log")?.attributes.file ?? at(devices, "console", "log")?.attributes.file,
    }),
    compared: ({ consoleLog }) => ({ consoleLog }),
    import: {
        devices: { serial: note, console: note },
        declare: ({ devices }, notes) => {
            if (all(devices, "serial").length > 1) notes.drop("further serial ports");
            return {};
        },
    },
} satisfies Device;

function log(kept: DomainModel["console"]): Element | undefined {
    return kept && element("log", { file: kept.log, append: kept.append ? "on" : "off" });
}

function note(device: Tree, notes: Notes): void {
    const target = at(device, "target")?.attributes.type ?? "";
    if (device.name === "console" && target === "virtio") notes.drop("virtio console");
    else if (device.attributes.type !== "pty") notes.change("serial port", device.attributes.type ?? "?", "pty");
}
