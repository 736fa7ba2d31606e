import type { Converted } from "../declared";
import { baseName, Draft, filePath } from "../draft";
import { type Handlers, listed, readOptions, whole } from "../options";
import { impossible, wrong } from "../wrong";

const TOOL = "virt-install";

/** Flags and options that change nothing of a guest here. */
const AS_HERE = words(`--import --noautoconsole --noreboot -v,--hvm --wait=[minutes] --os-variant=<name> --osinfo=<name>
    -q,--quiet -d,--debug`);
/** Options without a counterpart, as virt-install(1) has them. */
const LOST = words(`
    --arch=<name> --blkiotune=<text> --cdrom=<file> --channel=<text> --check=<text> --clock=<text> --controller=<text>
    --cputune=<text> --dry-run --features=<text> --filesystem=<text> --hostdev=<text> --idmap=<text>
    --input=<text> --iommu=<text> --iothreads=<text> --keywrap=<text> --launchSecurity=<text> --livecd --location=<text>
    --machine=<text> --memballoon=<text> --memdev=<text> --memorybacking=<text> --memtune=<text> --noapic --noacpi --numatune=<text>
    --panic=<text> --paravirt --parallel=<text> --pm=<text> --print-step=<text> --print-xml --pxe
    --redirdev=<text> --resource=<text> --rng=<text> --seclabel=<text> --security=<text> --shmem=<text> --smartcard=<text>
    --sound=<text> --sysinfo=<text> --tpm=<text> --transient --unattended=[text] --uuid=<text> --video=<text> --vsock=<text>
    --watchdog=<text> --xml=<text> --cloud-init=[text] --reinstall=<text> --initrd-inject=<text> --extra-args=<text>
`);

function words(text: string): string[] {
    return [...new Set(text.trim().split(/\s+/))].map((form) => form.replace("=", " ").replace(",", ", "));
}

/** Convert `virt-install --boot kernel=FILE …` (virt-install(1)). @param argv without the tool's name */
export function convertVirtInstall(argv: string[]): Converted {
    const draft = new Draft(TOOL);
    const boot = { kernel: "", option: "--boot" };
    let [name, xen, cards] = ["", false, 0];
    const lost = (form: string, reason: string): Handlers => ({
        [form]: (value) => draft.lose(`${form.split(/[ ,]/)[0]} ${value}`.trim(), reason),
    });
    const handlers: Handlers = {
        ...Object.assign({}, ...AS_HERE.map((form) => ({ [form]: () => {} }))),
        ...Object.assign({}, ...LOST.map((form) => lost(form, "it has no counterpart"))),
        "-n, --name <name>": (text) => {
            name = text;
            draft.setIfPossible("name", text, `--name ${text}`);
        },
        "--connect <uri>": (text) => {
            xen ||= /^xen[:+]/.test(text);
            draft.set("connection", text, `--connect ${text}`);
        },
        "--virt-type <type>": (text) => {
            if (text === "xen") xen = true;
            else if (text === "kvm") draft.set("accelerator", "kvm", "--virt-type kvm");
            else if (text === "qemu") draft.set("accelerator", "tcg", "--virt-type qemu");
            else draft.lose(`--virt-type ${text}`, "guests run by KVM, by emulation, or on Xen");
        },
        "-r, --ram <memory>": (text) => setNumber(draft, "memory", text, `--ram ${text}`),
        "--memory <memory>": (text) => setNumber(draft, "memory", text, `--memory ${text}`),
        "--vcpus <processors>": (text) => setNumber(draft, "vcpus", text, `--vcpus ${text}`),
        "--boot <text>": (text) => setBoot(draft, boot, text, `--boot ${text}`),
        "--install <text>": (text) => setBoot(draft, boot, text, `--install ${text}`),
        "--disk <disk>": (text) => addDisk(draft, text, `--disk ${text}`),
        "--nodisks": () => {},
        "-w, --network <network>": (text) => addInterface(draft, text, `--network ${text}`, cards++),
        "--nonetworks": () => {},
        "--description <text>": (text) => draft.set("description", text, "--description"),
        "--metadata <text>": (text) => setMetadata(draft, text, `--metadata ${text}`),
        "--events <text>": (text) => setEvents(draft, text, `--events ${text}`),
        // With KVM the processor is the host's.
        "--cpu <text>": (text) => {
            if (!/^host(-passthrough)?$/.test(text)) draft.lose(`--cpu ${text}`, "the processor is the host's");
        },
        "--autostart": () => draft.set("autostart", true, "--autostart"),
        "--autoconsole <type>": (text) => {
            draft.console ||= text === "text";
        },
        "--console <text>": () => {},
        "--serial <text>": (text) => {
            if (text !== "pty")
                draft.lose(`--serial ${text}`, "the console is a pty, and its log is on the host (consoleLog)");
        },
        "--graphics <text>": (text) => {
            if (text !== "none") draft.lose(`--graphics ${text}`, "a guest has a console, and no screen");
        },
        "--nographics": () => {},
        "--qemu-commandline <text>": (text) => {
            draft.set("qemuArgs", text.split(/\s+/).filter(Boolean), "--qemu-commandline");
            draft.remark("--qemu-commandline", "QEMU gets them after `pulumi config set unikernel:allowQemuArgs true`");
        },
    };
    const operands = readOptions(argv, { tool: TOOL, handlers });
    if (operands.length > 0) throw wrong(TOOL, operands[0]!, "expected an option, found another word");
    if (boot.kernel === "")
        throw impossible(
            TOOL,
            "(no --boot kernel=)",
            "a guest boots from a kernel, and this line boots from a disk or an installer",
            "add --boot kernel=FILE",
        );
    draft.set("platform", xen ? "xen" : "kvm", "--virt-type");
    draft.set("kernel", filePath(boot.kernel), boot.option);
    draft.set("guest", "raw", boot.option);
    draft.remark(
        boot.option,
        'guest: "raw" hands kernel_args over as they are; a kernel of rumprun, Unikraft or Solo5 is declared without it, with args, env and addresses as properties',
    );
    return draft.finish(name || baseName(boot.kernel));
}

/** `512` or `512,maxmemory=…`, `vcpus=2`. */
function setNumber(draft: Draft, argument: "memory" | "vcpus", text: string, option: string): void {
    const { head, options } = listed(text);
    const value = head || options.find(([name]) => name === argument)?.[1] || "";
    draft.set(
        argument,
        whole(TOOL, option, value, argument === "memory" ? "a number of MiB" : "a number of processors"),
        option,
    );
    loseOthers(draft, options, [argument], option);
}

function setBoot(draft: Draft, boot: { kernel: string; option: string }, text: string, option: string): void {
    // Blanks and commas may be in kernel_args, which is then the last property, or in quotes.
    const args = /(?:^|,)(?:kernel_args|extra_args|cmdline)=(?:"([^"]*)"|'([^']*)'|([^,]*))/.exec(text);
    const { head, options } = listed(args ? text.replace(args[0], "") : text);
    const line = args?.slice(1).find((group) => group !== undefined) ?? "";
    if (line !== "") draft.set("args", [line], option);
    if (head !== "") draft.lose(option, `${head}: a guest boots from its kernel`);
    for (const [name, value] of options)
        if (name === "kernel") Object.assign(boot, { kernel: value, option });
        else if (name === "initrd") draft.set("initrd", filePath(value), option);
        else draft.lose(option, `${name}=${value}: it has no counterpart`);
}

function addDisk(draft: Draft, text: string, option: string): void {
    const { head, options } = listed(text);
    if (head === "none") return;
    const value = (...names: string[]): string | undefined => options.find(([name]) => names.includes(name))?.[1];
    const file = head || value("path", "source.file");
    if (!file) {
        draft.lose(option, "it names no file: write blocks: [{ path }] or a BlockImage with a size");
        return;
    }
    const format = value("format", "driver.type");
    const readOnly = /^(on|yes)$/.test(value("readonly") ?? "") || /\.iso$/i.test(file);
    const known = format === "raw" || format === "qcow2";
    draft.addDisk(
        { path: filePath(file), ...(known ? { format } : {}), ...(readOnly ? {} : { access: "persist" }) },
        option,
    );
    if (!readOnly)
        draft.remark(
            option,
            'the guest writes to a copy that is kept, and not to the file itself; access: "read" shares the file unwritten',
        );
    const bus = value("bus", "target.bus") ?? "virtio";
    if (bus !== "virtio" && bus !== "xen") draft.lose(option, `bus=${bus}: the disk is virtio`);
    const said = ["path", "source.file", "readonly", "bus", "target.bus", ...(known ? ["format", "driver.type"] : [])];
    loseOthers(draft, options, said, option);
}

function addInterface(draft: Draft, text: string, option: string, index: number): void {
    const { head, options } = listed(text);
    if (head === "none") return;
    const value = (name: string): string | undefined => options.find(([one]) => one === name)?.[1];
    const [network, bridge] = [value("network") ?? (head === "default" ? "default" : undefined), value("bridge")];
    const card = draft.addInterface(`net${index}`);
    if (network !== undefined) card.set("attach", { network }, option);
    else if (bridge !== undefined) card.set("attach", { bridge }, option);
    else if (head !== "user") draft.lose(option, "expected network=NAME, bridge=NAME or user: write attach");
    const [mac, model] = [value("mac") ?? value("mac.address"), value("model")];
    if (mac !== undefined && mac !== "RANDOM") card.set("mac", mac, option);
    if (model !== undefined && model !== "virtio") draft.lose(option, `model=${model}: the card is virtio`);
    loseOthers(draft, options, ["network", "bridge", "mac", "mac.address", "model"], option);
}

function setMetadata(draft: Draft, text: string, option: string): void {
    const { options } = listed(`,${text}`);
    const description = options.find(([name]) => name === "description")?.[1];
    if (description !== undefined) draft.set("description", description, option);
    loseOthers(draft, options, ["description"], option);
}

function setEvents(draft: Draft, text: string, option: string): void {
    const { options } = listed(`,${text}`);
    const crash = options.find(([name]) => name === "on_crash")?.[1];
    if (crash !== undefined) draft.set("onCrash", crash, option);
    loseOthers(draft, options, ["on_crash"], option);
}

function loseOthers(draft: Draft, options: [string, string][], said: string[], option: string): void {
    for (const [name, value] of options)
        if (!said.includes(name)) draft.lose(option, `${name}=${value}: it has no counterpart`);
}
