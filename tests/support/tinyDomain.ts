import { randomUUID } from "node:crypto";

export interface TinyDomainOptions {
    name: string;
    uuid?: string;
    /** Further elements of `<devices>`. */
    devices?: string;
    /** Further elements of `<os>`, such as a kernel. */
    os?: string;
    memoryMiB?: number;
    vcpus?: number;
}

/** Return a domain that boots the BIOS and idles there, so that it needs only QEMU. Emulated, for any machine. */
export function tinyDomain({
    name,
    uuid = randomUUID(),
    devices = "",
    os = "",
    memoryMiB = 16,
    vcpus = 1,
}: TinyDomainOptions): string {
    return `<domain type='qemu'>
  <name>${name}</name>
  <uuid>${uuid}</uuid>
  <memory unit='MiB'>${memoryMiB}</memory>
  <vcpu>${vcpus}</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type>${os}</os>
  <features><acpi/></features>
  <on_poweroff>destroy</on_poweroff>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
    ${devices}
  </devices>
</domain>`;
}
