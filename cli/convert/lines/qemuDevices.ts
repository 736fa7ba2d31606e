import type { Draft, Interface } from "../draft";
import { filePath } from "../draft";
import { listed } from "../options";
import { plugInto } from "./qemuNetwork";
import type { QemuOption } from "./qemuOptions";

interface Half {
    value: string;
    option: string;
}

/** The disks and cards of a QEMU line. A back end and its device find each other by an id, or by their order. */
export class QemuDevices {
    private count = 0;
    /** Back ends of `-netdev`, and the cards of `-device` that have one, by id. */
    private readonly netdevs = new Map<string, Half>();
    private readonly cards: { id: string; fields: [string, string][]; option: string }[] = [];
    /** Cards of `-net nic` and `-nic`, in the order of the line: QEMU makes them before those of `-device`. */
    private readonly nics: Half[] = [];
    /** `-net BACKEND`: the first one belongs to the first `-net nic`. */
    private readonly backends: Half[] = [];
    private readonly drives = new Map<string, Half>();

    /** @param snapshot no disk keeps what the guest writes (`-snapshot`) */
    constructor(
        private readonly draft: Draft,
        private readonly snapshot: boolean,
    ) {}

    /** @returns whether the option is of a disk or a card */
    take({ name, value, option }: QemuOption): boolean {
        switch (name) {
            case "net":
                if (/^nic\b/.test(value)) this.nics.push({ value, option });
                else if (value !== "none") this.backends.push({ value, option });
                return true;
            case "netdev":
                this.netdevs.set(idOf(value), { value, option });
                return true;
            case "nic":
                if (value !== "none") this.nics.push({ value, option });
                return true;
            case "device":
                return this.takeDevice(value, option);
            case "drive":
                this.takeDrive(value, option);
                return true;
            case "hda":
            case "hdb":
            case "hdc":
            case "hdd":
                this.addDisk(value, [], option);
                this.draft.remark(option, "the disk is virtio, and not IDE");
                return true;
            case "cdrom":
                this.addDisk(value, [["readonly", "on"]], option);
                this.draft.remark(option, "the disk is virtio, and no CD");
                return true;
            default:
                return false;
        }
    }

    finish(): void {
        for (const nic of this.nics) this.addNic(nic);
        for (const { id, fields, option } of this.cards) {
            const card = this.add(fields, option);
            const backend = this.netdevs.get(id);
            if (backend === undefined) this.draft.lose(option, `there is no -netdev with id=${id}: write attach`);
            else plugInto(this.draft, card, backend.value, backend.option);
            this.netdevs.delete(id);
        }
        const unused = [...this.netdevs.values(), ...this.backends];
        for (const { option } of unused) this.draft.lose(option, "no card of the line uses it");
        for (const { option } of this.drives.values()) this.draft.lose(option, "no device of the line uses it");
    }

    private takeDevice(text: string, option: string): boolean {
        const { head, options } = listed(text, true);
        const value = (name: string): string => options.find(([one]) => one === name)?.[1] ?? "";
        if (/^(virtio-net|e1000|rtl8139|vmxnet3|ne2k)/.test(head)) {
            if (!/^virtio-net/.test(head)) this.draft.lose(option, `${head}: the card is virtio`);
            this.cards.push({
                id: value("netdev"),
                fields: options.filter(([name]) => !/^(netdev|id)$/.test(name)),
                option,
            });
            return true;
        }
        if (!/^(virtio-blk|scsi-hd|ide-hd|ide-cd|scsi-cd)/.test(head)) return false;
        if (!/^virtio-blk/.test(head)) this.draft.lose(option, `${head}: the disk is virtio`);
        for (const [name, found] of options)
            if (!/^(drive|id|addr|bus)$/.test(name))
                this.draft.lose(option, `${name}=${found}: a disk has no such option`);
        const drive = this.drives.get(value("drive"));
        if (drive === undefined)
            this.draft.lose(option, `there is no -drive with id=${value("drive")} before it: write blocks: [{ path }]`);
        else this.addDrive(drive);
        this.drives.delete(value("drive"));
        return true;
    }

    private takeDrive(text: string, option: string): void {
        const { options } = listed(text, true);
        if (options.some(([name, value]) => name === "if" && value === "none"))
            this.drives.set(idOf(text), { value: text, option });
        else this.addDrive({ value: text, option });
    }

    private addDrive({ value: text, option }: Half): void {
        const { options } = listed(text, true);
        const kind = options.find(([name]) => name === "if")?.[1] ?? "ide";
        const file = options.find(([name]) => name === "file")?.[1];
        if (kind === "pflash" || file === undefined) {
            this.draft.lose(
                option,
                file === undefined ? "it names no file" : "the guest's kernel decides about the firmware",
            );
            return;
        }
        if (kind !== "virtio" && kind !== "none") this.draft.remark(option, `the disk is virtio, and not ${kind}`);
        this.addDisk(
            file,
            options.filter(([name]) => !/^(file|if|id|index|media)$/.test(name)),
            option,
        );
    }

    private addDisk(file: string, options: [string, string][], option: string): void {
        const value = (name: string): string | undefined => options.find(([one]) => one === name)?.[1];
        const format = value("format");
        const readOnly = /^(on|yes|true)$/.test(value("readonly") ?? value("read-only") ?? "") || /\.iso$/i.test(file);
        const fresh = this.snapshot || value("snapshot") === "on";
        for (const [name, found] of options)
            if (!/^(readonly|read-only|snapshot|format)$/.test(name))
                this.draft.lose(option, `${name}=${found}: a disk has no such option`);
        const known = format === "raw" || format === "qcow2";
        if (format !== undefined && !known) this.draft.lose(option, `format=${format}: expected raw or qcow2`);
        const access = readOnly ? undefined : fresh ? "scratch" : "persist";
        this.draft.addDisk(
            { path: filePath(file), ...(known ? { format } : {}), ...(access === undefined ? {} : { access }) },
            option,
        );
        if (access === "persist")
            this.draft.remark(
                option,
                'the guest writes to a copy that is kept, and not to the file itself; access: "read" shares the file unwritten',
            );
    }

    /** `-net nic[,model=…]`, or `-nic BACKEND[,model=…]` with both halves in one. */
    private addNic({ value: text, option }: Half): void {
        const { head, options } = listed(text, true);
        const ofCard = ([name]: [string, string]): boolean => head === "nic" || /^(model|mac|macaddr)$/.test(name);
        const card = this.add(options.filter(ofCard), option);
        const own = options
            .filter((one) => !ofCard(one))
            .map(([name, value]) => `${name}=${value.replaceAll(",", ",,")}`);
        const backend = head === "nic" ? this.backends.shift() : { value: [head, ...own].join(","), option };
        if (backend === undefined) this.draft.lose(option, "it has no back end: write attach");
        else plugInto(this.draft, card, backend.value, backend.option);
    }

    private add(fields: [string, string][], option: string): Interface {
        const card = this.draft.addInterface(`net${this.count++}`);
        for (const [name, value] of fields)
            if (/^mac(addr)?$/.test(name)) card.set("mac", value, option);
            else if (name === "model" && !/^virtio/.test(value))
                this.draft.lose(option, `${value}: the card is virtio`);
            else if (!/^(model|addr|bus|id)$/.test(name))
                this.draft.lose(option, `${name}=${value}: an interface has no such option`);
        return card;
    }
}

function idOf(text: string): string {
    return /(?:^|,)id=([^,]*)/.exec(text)?.[1] ?? "";
}
