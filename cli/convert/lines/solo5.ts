import type { Converted } from "../declared";
import { baseName, Draft, filePath, type Interface } from "../draft";
import { kernelOf, mebibytes, readOptions, whole } from "../options";
import { wrong } from "../wrong";

const KERNEL = "KERNEL, the path of a Solo5 binary, after the options";
const COPY =
    'the guest writes to a copy that is kept, and not to the file itself; access: "read" shares the file unwritten';
/** gdb's port of solo5-hvt-debug (tenders/hvt/hvt_module_gdb.c of Solo5/solo5). */
const GDB_PORT = 1234;

/** A tender of Solo5: it runs binaries of its own target, with devices by the names that those declare. */
export type Tender = "solo5-hvt" | "solo5-hvt-debug" | "solo5-spt";

/** Convert `solo5-hvt [options] [--] KERNEL [arguments]`, and likewise solo5-spt. @param argv without the tool's name */
export function convertTender(tool: Tender, argv: string[]): Converted {
    const draft = new Draft(tool);
    draft.set("platform", "kvm", tool);
    draft.lose(
        tool,
        "its binaries run under no hypervisor of this package; build the program for the target virtio (or xen, for platform xen) and name that kernel",
    );
    const rest = [...argv];
    const devices = new Devices(draft);
    let memory = 512;
    while (rest[0]?.startsWith("-")) {
        const word = rest.shift()!;
        if (word === "--") break;
        const [, option = word, name, value] = /^(--[a-z-]+)(?::([^=]*))?(?:=(.*))?$/s.exec(word) ?? [];
        if (option === "--mem" && name === undefined && value !== undefined)
            memory = whole(tool, word, value, "a number of MiB");
        else if (/^--(net|net-mac|block|block-sector-size)$/.test(option) && name && value)
            devices.add(option, name, value, word);
        else if (option === "--gdb" && tool === "solo5-hvt-debug") devices.gdb ??= GDB_PORT;
        else if (option === "--gdb-port" && value !== undefined && tool === "solo5-hvt-debug")
            devices.gdb = whole(tool, word, value, "a port");
        else if (/^--(dumpcore|x-exec-heap)$/.test(option)) draft.lose(word, "it is an option of the tender alone");
        else {
            const expected =
                "--mem=MIB, --net:NAME=TAP, --net-mac:NAME=MAC, --block:NAME=FILE or --block-sector-size:NAME=BYTES";
            throw wrong(tool, word, `expected ${expected}`);
        }
    }
    const kernel = kernelOf(tool, rest, KERNEL);
    draft.set("kernel", filePath(kernel), kernel);
    setArgs(draft, rest.slice(1));
    draft.set("memory", memory, `--mem=${memory}`);
    devices.finish();
    return draft.finish(baseName(kernel).replace(/\.(hvt|spt|virtio|xen)$/, ""));
}

/** The devices of a tender's options, by the names that the binary declares. */
class Devices {
    gdb: number | undefined;
    private readonly cards = new Map<string, Interface>();
    private readonly macs: [name: string, mac: string, word: string][] = [];

    constructor(private readonly draft: Draft) {}

    add(option: string, name: string, value: string, word: string): void {
        if (option === "--net") this.addCard(name, value, word);
        else if (option === "--net-mac") this.macs.push([name, value, word]);
        else if (option === "--block-sector-size")
            this.draft.lose(word, "a disk has sectors of 512 bytes; build the binary for those");
        else {
            this.draft.addDisk({ name, path: filePath(value), access: "persist" }, word);
            this.draft.remark(word, COPY);
        }
    }

    finish(): void {
        for (const [name, mac, word] of this.macs) {
            const card = this.cards.get(name);
            if (card === undefined)
                throw wrong(
                    this.draft.tool,
                    word,
                    `there is no network ${JSON.stringify(name)}`,
                    `add --net:${name}=TAP`,
                );
            card.set("mac", mac, word);
        }
        if (this.cards.size > 1)
            this.draft.remark(
                "--net",
                "interfaces are in the order of the line; the binary takes them in the order in which it declares them",
            );
        if (this.gdb === undefined) return;
        this.draft.set("gdb", { port: this.gdb }, "--gdb");
        this.draft.set("state", "paused", "--gdb");
    }

    private addCard(name: string, tap: string, word: string): void {
        if (this.cards.has(name)) throw wrong(this.draft.tool, word, "the network has a device already");
        const card = this.draft.addInterface(name);
        this.cards.set(name, card);
        if (tap.startsWith("@")) this.draft.lose(word, "an open file cannot be handed over: write attach: { tap }");
        else card.set("attach", { tap }, word);
    }
}

const HYPERVISORS: Record<string, string | undefined> = { best: undefined, kvm: "kvm", qemu: "tcg" };

/** Convert `solo5-virtio-run [options] UNIKERNEL [--] [arguments]` (scripts/virtio-run of Solo5/solo5). @param argv without the tool's name */
export function convertVirtioRun(argv: string[]): Converted {
    const draft = new Draft("solo5-virtio-run");
    draft.set("platform", "kvm", draft.tool);
    let [memory, cards] = ["128", 0];
    const operands = readOptions(argv, {
        tool: draft.tool,
        handlers: {
            "-d <disk>": (file) => {
                draft.addDisk({ path: filePath(file), access: "persist" }, `-d ${file}`);
                draft.lose(
                    `-d ${file}`,
                    "the tool hands disks over in their order; write blocks[].name as the binary declares it",
                );
                draft.remark(`-d ${file}`, COPY);
            },
            "-m <memory>": (text) => {
                memory = text;
            },
            "-n <netif>": (text) => {
                const [tap = "", mtu] = text.split(":");
                draft.addInterface(`net${cards++}`).set("attach", { tap }, `-n ${text}`);
                if (mtu !== undefined) draft.lose(`-n ${text}`, "the MTU of a card cannot be set");
            },
            "-q": () => {},
            "-H <hypervisor>": (name) => {
                if (!Object.hasOwn(HYPERVISORS, name)) {
                    if (name === "bhyve") draft.lose("-H bhyve", "guests run under QEMU, by KVM or by emulation");
                    else throw wrong(draft.tool, `-H ${name}`, "expected best, kvm, qemu or bhyve");
                } else if (HYPERVISORS[name] !== undefined) draft.set("accelerator", HYPERVISORS[name]!, `-H ${name}`);
            },
        },
    });
    const kernel = kernelOf(draft.tool, operands, "UNIKERNEL, the path of a Solo5 binary");
    draft.set("kernel", filePath(kernel), kernel);
    setArgs(draft, operands.slice(1));
    draft.set("memory", mebibytes(draft.tool, `-m ${memory}`, memory), `-m ${memory}`);
    return draft.finish(baseName(kernel).replace(/\.virtio$/, ""));
}

function setArgs(draft: Draft, args: string[]): void {
    if (args.length === 0) return;
    draft.set("args", args, args.join(" "));
    // The same in both tools: the words are joined by blanks, and the program splits them itself.
    if (args.some((word) => /^--(ipv[46]|ipv[46]-gateway|name)=/.test(word)))
        draft.remark(
            args.join(" "),
            "the addresses stay arguments; with mirage: true they are those of the first interface, and --name is hostname",
        );
}
