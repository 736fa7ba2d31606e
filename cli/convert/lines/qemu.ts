import type { Converted } from "../declared";
import { baseName, Draft, filePath } from "../draft";
import { listed, mebibytes, whole } from "../options";
import { impossible } from "../wrong";
import { QemuDevices } from "./qemuDevices";
import { type QemuOption, readQemuOptions } from "./qemuOptions";

/** What each guest of this package has by itself, so that the words change nothing. Compared as a whole; `*` stands for any value. */
const AS_HERE: Record<string, readonly string[]> = {
    display: ["none"],
    vga: ["none"],
    monitor: ["none", "/dev/null"],
    parallel: ["none"],
    nodefaults: ["*"],
    "no-user-config": ["*"],
    daemonize: ["*"],
    // With KVM the processor is the host's, in emulation the fullest one.
    cpu: ["host", "max"],
};

/** Why a word is lost; of the others it is said that qemuArgs may hold them. */
const LOST: Record<string, string> = {
    "no-reboot": "onCrash decides what follows a reset of the guest",
    "no-shutdown": "a guest that powers off is stopped",
    uuid: "the uuid follows from the resource's URN",
    pidfile: "libvirt keeps track of the process",
    runas: "libvirt's configuration has the user of QEMU",
    loadvm: "a guest always boots",
    incoming: "a guest always boots",
    virtfs: "a folder of the host (9p) cannot be mounted; put its files into a disk or initrd",
    fsdev: "a folder of the host (9p) cannot be mounted; put its files into a disk or initrd",
    bios: "the guest's kernel decides about the firmware",
    pflash: "the guest's kernel decides about the firmware",
    boot: "a guest boots from its kernel",
    monitor: "libvirt has the monitor",
    mon: "libvirt has the monitor",
    qmp: "libvirt has the monitor",
};

/** Convert `qemu-system-x86_64 -kernel FILE …`. @param argv without the tool's name */
export function convertQemu(tool: string, argv: string[]): Converted {
    const draft = new Draft(tool);
    const options = readQemuOptions(tool, argv);
    const kernel = options.findLast(({ name }) => name === "kernel");
    if (kernel === undefined)
        throw impossible(
            tool,
            "(no -kernel)",
            "a guest boots from a kernel, and this line boots from a disk",
            "add -kernel FILE with the kernel itself",
        );
    const machine = new Machine(draft, options);
    draft.set("platform", "kvm", tool);
    draft.set("kernel", filePath(kernel.value), kernel.option);
    draft.set("guest", "raw", kernel.option);
    draft.remark(
        kernel.option,
        'guest: "raw" hands -append over as it is; a kernel of rumprun, Unikraft or Solo5 is declared without it, with args, env and addresses as properties',
    );
    if (/i386$/.test(tool)) draft.remark(tool, "the guest gets a processor of 64 bits");
    machine.read();
    return draft.finish(machine.name || baseName(kernel.value));
}

/** What is read off a QEMU line besides its kernel. */
class Machine {
    name = "";
    private readonly devices: QemuDevices;
    private memory = "128";
    private accelerators: string[] = [];

    constructor(
        private readonly draft: Draft,
        private readonly options: QemuOption[],
    ) {
        this.devices = new QemuDevices(
            draft,
            options.some(({ name }) => name === "snapshot"),
        );
    }

    read(): void {
        for (const one of this.options) if (!this.devices.take(one)) this.take(one);
        this.devices.finish();
        this.draft.set("memory", mebibytes(this.draft.tool, `-m ${this.memory}`, this.memory), `-m ${this.memory}`);
        // The first accelerator that works is taken; where none is named, QEMU emulates.
        const [first = "tcg", ...others] = this.accelerators;
        if (first === "kvm" && others.includes("tcg")) return;
        if (first === "kvm" || first === "tcg") this.draft.set("accelerator", first, `-accel ${first}`);
        else this.draft.lose(`-accel ${first}`, "guests run by KVM or by emulation");
    }

    private take({ name, value, option }: QemuOption): void {
        const { draft } = this;
        switch (name) {
            case "kernel":
            case "snapshot":
                return;
            case "append":
                if (value !== "") draft.set("args", [value], option);
                return;
            case "initrd":
                if (value.includes(",")) draft.lose(option, "a guest has one initrd: join the modules, or name one");
                else draft.set("initrd", filePath(value), option);
                return;
            case "m":
                this.memory = this.first(value, "size", option) ?? this.memory;
                return;
            case "smp": {
                const count = this.first(value, "cpus", option);
                if (count !== undefined)
                    draft.set("vcpus", whole(draft.tool, option, count, "a number of processors"), option);
                return;
            }
            case "name":
                this.name = this.first(value, "guest", option) ?? "";
                if (this.name !== "") draft.setIfPossible("name", this.name, option);
                return;
            case "S":
                draft.set("state", "paused", option);
                return;
            case "s":
                draft.set("gdb", { port: 1234 }, option);
                return;
            case "gdb":
                this.debug(value, option);
                return;
            case "enable-kvm":
                this.accelerators.push("kvm");
                return;
            case "no-kvm":
                this.accelerators.push("tcg");
                return;
            case "accel":
                this.accelerators.push(...(this.first(value, "accel", option)?.split(":") ?? []));
                return;
            case "machine":
            case "M":
                this.machine(value, option);
                return;
            case "nographic":
                draft.console = true;
                return;
            case "serial":
                if (value === "stdio" || value === "mon:stdio") draft.console = true;
                else draft.lose(option, "the console goes to a log on the host, whose path is the output consoleLog");
                return;
            default:
                if (AS_HERE[name]?.some((one) => one === "*" || one === value)) return;
                draft.lose(option, LOST[name] ?? instead(name, value));
        }
    }

    /** Return the value of the option's main property; the others are lost. */
    private first(text: string, property: string, option: string): string | undefined {
        const { head, options } = listed(text, true);
        for (const [name, value] of options)
            if (name !== property) this.draft.lose(option, `${name}=${value}: it has no counterpart`);
        return head || options.find(([name]) => name === property)?.[1];
    }

    /** `tcp:[ADDRESS]:PORT` */
    private debug(value: string, option: string): void {
        const [, address, port] = /^tcp:([^:,]*):(\d+)(?:,server(?:=on)?)?(?:,(?:nowait|wait=off))?$/.exec(value) ?? [];
        if (port === undefined) {
            this.draft.lose(option, "a debugger connects by tcp: write gdb: { port }");
            return;
        }
        const number = whole(this.draft.tool, option, port, "a port");
        this.draft.set(
            "gdb",
            { port: number, address: address === "localhost" ? "127.0.0.1" : address || "0.0.0.0" },
            option,
        );
    }

    private machine(text: string, option: string): void {
        const { head, options } = listed(text, true);
        const type = head || options.find(([name]) => name === "type")?.[1];
        if (type !== undefined && !/^(pc|pc-i440fx-.*)$/.test(type))
            this.draft.lose(option, `${type}: the guest's kernel decides about the machine`);
        for (const [name, value] of options)
            if (name === "accel") this.accelerators.push(...value.split(":"));
            else if (name !== "type") this.draft.lose(option, `${name}=${value}: it has no counterpart`);
    }
}

/** Return what can be done for a word without a property. */
function instead(name: string, value: string): string {
    const words = [`-${name}`, ...(value === "" ? [] : [value])];
    return `it has no property; qemuArgs: ${JSON.stringify(words)} hands it to QEMU, where libvirt does not say otherwise`;
}
