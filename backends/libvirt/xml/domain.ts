import type { XMLBuilder } from "xmlbuilder2/lib/interfaces";
import type { DomainModel, Mark } from "../model";
import { addDevices } from "./devices";
import { library } from "./library";
import { addMark } from "./mark";
import { QEMU_NAMESPACE } from "./names";
import { print } from "./print";
import { qemuCommandline } from "./qemu";

/** The definition that virDomainDefineXML takes (libvirt: formatdomain). */
export function renderDomain(model: DomainModel, mark?: Mark): string {
    const domain = library().create().ele("domain", { type: model.type });
    domain.ele("name").txt(model.name);
    domain.ele("uuid").txt(model.uuid);
    if (mark) addMark(domain, mark);
    domain.ele("memory", { unit: "MiB" }).txt(String(model.maxMemoryMib ?? model.memoryMib));
    if (model.maxMemoryMib !== undefined) domain.ele("currentMemory", { unit: "MiB" }).txt(String(model.memoryMib));
    domain.ele("vcpu").txt(String(model.vcpus));
    addBoot(domain, model);
    if (model.type !== "xen") domain.ele("features").ele("acpi").up().ele("apic");
    if (model.cpu) domain.ele("cpu", { mode: model.cpu });
    domain.ele("clock", { offset: "utc" });
    domain.ele("on_poweroff").txt("destroy");
    domain.ele("on_reboot").txt(model.onReboot);
    domain.ele("on_crash").txt(model.onCrash);
    addDevices(domain, model);
    addCommandline(domain, qemuCommandline(model));
    return print(domain, { prettyPrint: true });
}

function addBoot(domain: XMLBuilder, { osType, arch, machine, boot }: DomainModel): void {
    const os = domain.ele("os");
    os.ele("type", { arch, machine }).txt(osType);
    os.ele("kernel").txt(boot.kernel);
    if (boot.initrd) os.ele("initrd").txt(boot.initrd);
    if (boot.cmdline) os.ele("cmdline").txt(boot.cmdline);
}

function addCommandline(domain: XMLBuilder, args: string[]): void {
    if (!args.length) return;
    const commandline = domain.ele(QEMU_NAMESPACE, "qemu:commandline");
    for (const value of args) commandline.ele(QEMU_NAMESPACE, "qemu:arg").att("value", value);
}
