import { basename, dirname } from "node:path";
import { readFacts } from "../../../backends/libvirt/devices";
import type { DomainRecord, Host } from "../../../backends/libvirt/host";
import { type KeptFile, MemoryHost } from "../../../bench/memoryHost";
import { UnikernelError } from "../../../model";
import { MemoryNetworks } from "./networks";

/** What a guest has written to a disk: its uuid, and a number that only grows. */
export interface Written {
    by: string;
    count: number;
}

/**
 * A libvirt host in this process whose guests run: they write to their disks, hold ports, and lose their link with their
 * network. Its refusals are those of libvirt and QEMU that our code meets.
 */
export class FaultHost extends MemoryHost {
    /** Guests whose domain another program has removed: where the program forgets them too, `sweep` finds their files. */
    readonly undefined = new Set<string>();
    readonly nets = new MemoryNetworks();
    /** The writes of the guests to each file. A copy and a rename keep them; a file with another content has none. */
    readonly written = new WeakMap<KeptFile, Written[]>();
    /** The run of its network at which an interface of a running guest was plugged in, by guest and MAC address. */
    private readonly links = new Map<string, number | undefined>();
    private counter = 0;

    constructor(uri: string, uuid: string) {
        super(uri, { uuid, hostname: uri, memory: 1 << 20 });
        const { define, start, undefine } = this.domains;
        Object.assign(this, { networks: this.nets.calls });
        Object.assign(this.domains, {
            define: async (xml: string) => {
                const { name, uuid: mine } = readFacts(xml);
                const other = [...this.kept.values()].find((one) => (one.name === name) !== (one.uuid === mine));
                if (other)
                    throw new UnikernelError("in-use", `domain '${other.name}' already exists with uuid ${other.uuid}`);
                await define(xml);
                this.patch(mine, { persistent: true });
            },
            start: async (id: string, { paused, resumeSaved }: { paused: boolean; resumeSaved?: boolean }) => {
                const domain = this.domain(id);
                if (domain.active) throw new UnikernelError("invalid", "domain is already running");
                const { saved, savedXml, ...rest } = domain;
                this.kept.set(id, rest);
                const booted = resumeSaved && saved && savedXml ? savedXml : domain.inactiveXml;
                this.assertStarts(id, booted);
                const number = await start(id, { paused });
                this.patch(id, { liveXml: booted, state: paused ? "paused" : "running" });
                this.plugAll(id);
                this.write();
                return number;
            },
            suspend: async (id: string) => this.patch(id, { state: "paused" }),
            resume: async (id: string) => this.patch(id, { state: "running" }),
            removeSaved: async (id: string) => {
                const { saved: _, savedXml: __, ...rest } = this.domain(id);
                this.kept.set(id, rest);
            },
            undefine: async (id: string) => {
                const domain = this.kept.get(id);
                if (domain?.active) this.patch(id, { persistent: false });
                else await undefine(id);
            },
            updateDevice: async (id: string, xml: string, target: { live: boolean; config: boolean }) => {
                const { liveXml, inactiveXml } = this.domain(id);
                if (target.live && liveXml) this.replug(id, liveXml, xml);
                if (target.config) this.patch(id, { inactiveXml: withInterface(inactiveXml, xml) });
            },
        } satisfies Partial<Host["domains"]>);
    }

    /** Let each running guest write to its persist disks. */
    write(): void {
        for (const { uuid, state, liveXml } of this.kept.values())
            for (const file of state === "running" && liveXml ? this.persistFiles(uuid, liveXml) : [])
                this.written.set(file, [...(this.written.get(file) ?? []), { by: uuid, count: ++this.counter }]);
    }

    /** The host restarts: its guests are off, and what starts by itself starts. */
    reboot(): void {
        for (const { uuid, active } of [...this.kept.values()]) {
            if (active) this.stop(uuid);
        }
        for (const [uuid, { autostart }] of [...this.nets.kept]) {
            this.nets.destroy(uuid);
            if (autostart && this.nets.kept.has(uuid)) this.nets.start(uuid);
        }
    }

    records(): DomainRecord[] {
        return [...this.kept.values()];
    }

    patch(uuid: string, part: Partial<DomainRecord>): void {
        this.kept.set(uuid, { ...this.domain(uuid), ...part });
    }

    /** Return the files of the guests, by uuid and name. */
    allFiles(): [uuid: string, name: string, file: KeptFile][] {
        return [...this.folders].flatMap(([uuid, files]) =>
            [...files].map(([name, file]): [string, string, KeptFile] => [uuid, name, file]),
        );
    }

    folderNames(): string[] {
        return [...this.folders.keys()];
    }

    dropFile(uuid: string, name: string): void {
        this.folders.get(uuid)?.delete(name);
    }

    /** Return the MAC addresses of a running guest whose link leads nowhere. */
    unplugged(uuid: string): string[] {
        const { liveXml } = this.domain(uuid);
        if (!liveXml) return [];
        return readFacts(liveXml)
            .interfaces.filter(({ kind }) => kind === "network")
            .filter(({ mac, source }) => this.links.get(`${uuid} ${mac}`) !== this.nets.runOf(source ?? ""))
            .map(({ mac }) => mac);
    }

    protected override stop(uuid: string): boolean {
        const active = super.stop(uuid);
        if (!this.domain(uuid).persistent) this.kept.delete(uuid);
        return active;
    }

    private assertStarts(uuid: string, xml: string): void {
        const { kernel, initrd, disks, interfaces, forwards } = readFacts(xml);
        for (const path of [kernel, initrd, ...disks.map((disk) => disk.path)])
            if (path !== undefined && !this.folders.get(basename(dirname(path)))?.has(basename(path)))
                throw new UnikernelError(
                    "not-found",
                    `Cannot access storage file '${path}': No such file or directory`,
                );
        for (const { kind, source } of interfaces)
            if (kind === "network" && this.nets.runOf(source ?? "") === undefined)
                throw new UnikernelError("invalid", `network '${source}' is not active`);
        for (const { uuid: other, liveXml } of this.kept.values())
            for (const taken of other !== uuid && liveXml ? readFacts(liveXml).forwards : [])
                if (forwards.some(({ host }) => host === taken.host))
                    throw new UnikernelError(
                        "in-use",
                        `Could not set up host forwarding rule 'tcp::${taken.host}-:80'`,
                    );
    }

    private plugAll(uuid: string): void {
        for (const { mac, source } of readFacts(this.domain(uuid).liveXml ?? "").interfaces)
            this.links.set(`${uuid} ${mac}`, this.nets.runOf(source ?? ""));
    }

    /** As virDomainUpdateDeviceFlags of libvirt 9.0: an interface that stays on the network of its name stays as it is. */
    private replug(uuid: string, liveXml: string, xml: string): void {
        const after = withInterface(liveXml, xml);
        const [before, now] = [liveXml, after].map((text) => readFacts(text).interfaces);
        for (const [index, { mac, source }] of now!.entries()) {
            if (before![index]?.source === source) continue;
            const run = this.nets.runOf(source ?? "");
            if (run === undefined) throw new UnikernelError("invalid", `network '${source}' is not active`);
            this.links.set(`${uuid} ${mac}`, run);
        }
        this.patch(uuid, { liveXml: after });
    }

    private persistFiles(uuid: string, xml: string): KeptFile[] {
        return readFacts(xml).disks.flatMap(({ path, readonly }) => {
            const file = readonly ? undefined : this.folders.get(uuid)?.get(basename(path));
            return file && /\.persist/.test(path) ? [file] : [];
        });
    }
}

/** Return a definition with another element for the interface of its MAC address. */
function withInterface(domain: string, nic: string): string {
    const mac = /<mac address=["']([^"']+)/.exec(nic)?.[1] ?? "none";
    return domain.replace(/<interface[\s\S]*?<\/interface>/g, (one) => (one.includes(mac) ? nic : one));
}
