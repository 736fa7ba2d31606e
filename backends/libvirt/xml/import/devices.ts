import { all, type Tree } from "../tree";
import type { Notes } from "./notes";

/** What the guest does not miss, by the name of its element (formatdomain, "Devices"). */
const DISPENSABLE: Record<string, string> = {
    graphics: "screen",
    video: "video card",
    sound: "sound card",
    audio: "sound",
    parallel: "parallel port",
    channel: "channel",
    rng: "random number device",
    panic: "panic device",
    watchdog: "watchdog",
    redirdev: "USB redirection",
    redirfilter: "USB redirection",
    hub: "USB hub",
    iommu: "IOMMU",
};

/** Read elsewhere, or not the guest's affair. */
const READ = new Set(["disk", "interface", "emulator"]);

/** Everything but disks and interfaces: our own definitions have a serial console, and nothing else. */
export function readDevices(devices: Tree | undefined, notes: Notes): void {
    for (const device of devices?.children ?? []) {
        const { type = "", model = "", bus = "" } = device.attributes;
        const dispensable = Object.hasOwn(DISPENSABLE, device.name) ? DISPENSABLE[device.name] : undefined;
        if (READ.has(device.name)) continue;
        else if (device.name === "controller") readController(device, notes);
        else if (device.name === "memballoon") drop(notes, model !== "none", "balloon");
        else if (device.name === "input") drop(notes, bus !== "ps2", `${bus} ${type}`);
        else if (device.name === "audio") drop(notes, type !== "none", "sound");
        else if (device.name === "graphics") notes.drop(`${type.toUpperCase()} screen`);
        else if (device.name === "serial" || device.name === "console") readConsole(device, notes);
        else if (dispensable) notes.drop(dispensable);
        else notes.refuse(device.name);
    }
    if (all(devices, "serial").length > 1) notes.drop("further serial ports");
}

function drop(notes: Notes, really: boolean, what: string): void {
    if (really) notes.drop(what);
}

/** Buses come with the machine; libvirt adds a USB controller to every definition that does not say otherwise. */
function readController({ attributes: { type = "", model = "" } }: Tree, notes: Notes): void {
    if (type === "usb" && model !== "none") notes.drop("USB controller");
}

function readConsole(device: Tree, notes: Notes): void {
    const target = device.children.find(({ name }) => name === "target")?.attributes.type ?? "";
    if (device.name === "console" && target === "virtio") notes.drop("virtio console");
    else if (device.attributes.type !== "pty") notes.change("serial port", device.attributes.type ?? "?", "pty");
}
