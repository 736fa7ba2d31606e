import { wrong } from "../wrong";

/** One option of a QEMU line; the value of a flag is empty. An image without an option has the name `hda`, as QEMU takes it. */
export interface QemuOption {
    name: string;
    value: string;
    /** As it was written. */
    option: string;
}

/** Options without a value (qemu(1) of QEMU 7.2 to 9, and those that QEMU has dropped since). */
const FLAGS = words(`
    alt-grab ctrl-grab curses daemonize enable-fips enable-kvm enable-sync-profile fd-bootchk full-screen h help localtime
    mem-prealloc no-acpi no-fd-bootchk no-frame no-hpet no-kvm no-kvm-irqchip no-kvm-pit no-quit no-reboot no-shutdown
    no-user-config nodefaults nodefconfig nographic old-param only-migratable portrait preconfig s S sdl semihosting singlestep
    snapshot std-vga usb version win2k-hack xen-attach xen-domid-restrict
`);

/** Options with a value. */
const VALUED = words(`
    accel acpitable action add-fd append audio audiodev balloon bios blockdev boot cdrom chardev chroot compat cpu D d debugcon
    device dfilter display drive dtb dump-vmstate echr fda fdb fsdev fw_cfg g gdb global hda hdb hdc hdd icount incoming
    initrd iscsi k kernel L loadvm M m machine mem-path mon monitor msg mtdblock name net netdev nic numa object option-rom
    overcommit parallel pflash pidfile plugin prom-env qmp qmp-pretty qtest qtest-log readconfig record replay rotate rtc run-with
    runas sandbox sd seed semihosting-config serial set shim smbios smp soundhw spice t tb-size tpmdev trace usbdevice uuid vga
    virtfs virtioserial vnc watchdog watchdog-action writeconfig xen-domid
`);

function words(text: string): Set<string> {
    return new Set(text.trim().split(/\s+/));
}

/** Read the options of a line in their order; `--kernel` is `-kernel`. @throws UnikernelError on an unknown option or a missing value */
export function readQemuOptions(tool: string, argv: string[]): QemuOption[] {
    const found: QemuOption[] = [];
    for (let at = 0; at < argv.length; at++) {
        const word = argv[at]!;
        const name = /^--?(?=.)/.test(word) ? word.replace(/^--?/, "") : undefined;
        if (name === undefined) found.push({ name: "hda", value: word, option: word });
        else if (FLAGS.has(name)) found.push({ name, value: "", option: word });
        else if (!VALUED.has(name))
            throw wrong(
                tool,
                word,
                "expected an option of QEMU, found another word",
                "correct the option, or leave it out",
            );
        else {
            const value = argv[++at];
            if (value === undefined)
                throw wrong(tool, word, "expected a value behind it", "write the value behind the option");
            found.push({ name, value, option: `${word} ${value}` });
        }
    }
    return found;
}
