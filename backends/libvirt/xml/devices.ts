import type { XMLBuilder } from "xmlbuilder2/lib/interfaces";
import type { DiskModel, DomainModel, InterfaceModel, UserSource } from "../model";
import { library } from "./library";
import { print } from "./print";
import { isQemuNet } from "./qemu";

/** One interface, for virDomainUpdateDeviceFlags. Not for QEMU's own user network, which libvirt does not know. */
export function renderInterface(model: InterfaceModel): string {
    const inside = library().fragment();
    addInterface(inside, model);
    return print(inside, { prettyPrint: false });
}

/** Adds `<devices>`: no more than the model asks for. What libvirt would add by itself is turned off by name. */
export function addDevices(domain: XMLBuilder, model: DomainModel): void {
    const devices = domain.ele("devices");
    for (const disk of model.disks) addDisk(devices, disk);
    for (const net of model.interfaces) if (!isQemuNet(net)) addInterface(devices, net);
    if (model.type !== "xen") devices.ele("controller", { type: "usb", model: "none" });
    addConsole(devices, model);
    if (model.type !== "xen") {
        // Without these two, libvirt adds a PS/2 mouse and keyboard only with graphics, but a balloon always.
        devices.ele("memballoon", { model: "none" });
        if (model.panicDevice) devices.ele("panic", { model: "isa" });
    }
}

function addDisk(devices: XMLBuilder, { path, format, readonly, target, bus, driver = "qemu", slot }: DiskModel): void {
    const disk = devices.ele("disk", {
        type: "file",
        device: "disk",
        ...(bus === "virtio-transitional" ? { model: bus } : {}),
    });
    disk.ele("driver", { name: driver, type: format });
    disk.ele("source", { file: path });
    disk.ele("target", { dev: target, bus: bus === "xen" ? "xen" : "virtio" });
    if (readonly) disk.ele("readonly");
    addSlot(disk, slot);
}

function addInterface(devices: XMLBuilder, { mac, source, model, slot }: InterfaceModel): void {
    const net = devices.ele("interface", { type: source.kind === "tap" ? "ethernet" : source.kind });
    net.ele("mac", { address: mac });
    if (source.kind === "network") net.ele("source", { network: source.network });
    if (source.kind === "bridge") net.ele("source", { bridge: source.bridge });
    // managed='no': the device is somebody else's, libvirt neither makes nor removes it.
    if (source.kind === "tap") net.ele("target", { dev: source.tap, managed: "no" });
    if (model) net.ele("model", { type: model });
    if (source.kind === "user") addPasst(net, source);
    // No boot ROM: these guests never boot from the network, and loading one costs start time.
    if (slot !== undefined) net.ele("rom", { enabled: "no" });
    addSlot(net, slot);
}

/** libvirt 9.2 or newer (formatdomain, "Userspace connection using passt"). */
function addPasst(net: XMLBuilder, { forwards }: UserSource): void {
    net.ele("backend", { type: "passt" });
    for (const { protocol, address, host, guest } of forwards) {
        net.ele("portForward", { proto: protocol, address }).ele("range", { start: String(host), to: String(guest) });
    }
}

function addSlot(device: XMLBuilder, slot?: number): void {
    if (slot === undefined) return;
    device.ele("address", {
        type: "pci",
        domain: "0x0000",
        bus: "0x00",
        slot: `0x${slot.toString(16).padStart(2, "0")}`,
        function: "0x0",
    });
}

function addConsole(devices: XMLBuilder, { type, console: kept }: DomainModel): void {
    const target = type === "xen" ? { type: "xen", port: "0" } : { type: "serial", port: "0" };
    if (type !== "xen") {
        const serial = devices.ele("serial", { type: "pty" });
        addLog(serial, kept);
        serial.ele("target", { port: "0" });
    }
    const console = devices.ele("console", { type: "pty" });
    addLog(console, kept);
    console.ele("target", target);
}

function addLog(device: XMLBuilder, kept: DomainModel["console"]): void {
    if (kept) device.ele("log", { file: kept.log, append: kept.append ? "on" : "off" });
}
