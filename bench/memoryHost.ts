import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { guestsFolder } from "../backends/inspection";
import type { DomainRecord, Host, HostFiles } from "../backends/libvirt/host";
import { MARK_ELEMENT, MARK_NAMESPACE, MARK_PREFIX } from "../backends/libvirt/xml/names";
import { type Part, UnikernelError } from "../model";

const HOST = "7a1d3d0c-52a6-4a43-9a5f-0a6d3c1f7b11";
const capabilitiesOf = (uuid: string) => `<capabilities><host><uuid>${uuid}</uuid><cpu><arch>x86_64</arch></cpu></host>
<guest><os_type>hvm</os_type><arch name="x86_64"><wordsize>64</wordsize><domain type="qemu"/></arch></guest></capabilities>`;

export interface KeptFile {
    size: number;
    digest: string;
    content: string;
}

/**
 * A libvirt host whose domains and files are maps in this process. It answers at once, so that a measurement has the cost
 * of the handlers alone. It starts nothing, and does not validate definitions as libvirt does.
 */
export class MemoryHost implements Host {
    protected readonly kept = new Map<string, DomainRecord>();
    private readonly names = new Map<string, string>();
    protected readonly folders = new Map<string, Map<string, KeptFile>>();
    private started = 0;
    /** The number of calls of each method since the last `forgetCalls`. */
    readonly calls = new Map<string, number>();

    constructor(
        readonly uri: string,
        private readonly machine = {
            uuid: HOST,
            hostname: "memory",
            memory: 1 << 20,
        },
    ) {
        this.domains = this.counted("domains", this.domains);
        this.networks = this.counted("networks", this.networks);
        this.files = this.counted("files", this.files);
    }

    forgetCalls(): void {
        this.calls.clear();
    }

    async info() {
        return {
            uuid: this.machine.uuid,
            hostname: this.machine.hostname,
            session: false,
            local: true,
            libvirtVersion: 9_000_000,
            hypervisorVersion: 7_002_000,
            capabilities: capabilitiesOf(this.machine.uuid),
        };
    }

    async resources() {
        const { memory } = this.machine;
        return { memory, freeMemory: memory, availableMemory: memory, processors: 64 };
    }

    async domainCapabilities(): Promise<string> {
        return "<domainCapabilities/>";
    }

    readonly domains: Host["domains"] = {
        get: async (uuid) => copyOf(this.kept.get(uuid)),
        byName: async (name) => copyOf(this.kept.get(this.names.get(name) ?? "")),
        list: async () => [...this.kept.values()].map(({ inactiveXml: _, liveXml: __, ...rest }) => rest),
        state: async (uuid) => copyOf(this.kept.get(uuid)),
        processorTime: async () => 0,
        history: async () => ({ snapshots: [], checkpoints: [] }),
        define: async (xml) => {
            const [uuid, name] = [textOf(xml, "uuid"), textOf(xml, "name")];
            const former = this.kept.get(uuid);
            this.names.set(name, uuid);
            this.kept.set(uuid, {
                uuid,
                name,
                state: "shutoff",
                reason: 0,
                active: false,
                autostart: false,
                persistent: true,
                ...former,
                inactiveXml: xml,
            });
        },
        start: async (uuid) => {
            const domain = this.domain(uuid);
            const id = ++this.started;
            this.kept.set(uuid, { ...domain, id, state: "running", active: true, liveXml: domain.inactiveXml });
            return id;
        },
        removeSaved: async () => undefined,
        resume: async () => undefined,
        suspend: async () => undefined,
        shutdown: async (uuid) => void this.stop(uuid),
        destroy: async (uuid) => this.stop(uuid),
        undefine: async (uuid) => {
            const domain = this.kept.get(uuid);
            if (domain) this.names.delete(domain.name);
            this.kept.delete(uuid);
        },
        setAutostart: async (uuid, autostart) => void this.kept.set(uuid, { ...this.domain(uuid), autostart }),
        setMemory: async () => undefined,
        setMetadata: async (uuid, value, target) => {
            if (typeof value !== "string") return;
            const domain = this.domain(uuid);
            this.kept.set(uuid, {
                ...domain,
                ...(target.config ? { inactiveXml: withMark(domain.inactiveXml, value) } : {}),
                ...(target.live && domain.liveXml ? { liveXml: withMark(domain.liveXml, value) } : {}),
            });
        },
        updateDevice: async () => undefined,
        setOnCrash: async () => undefined,
        readConsole: async () => "",
        watch: async () => undefined,
    };

    readonly networks: Host["networks"] = {
        get: async () => undefined,
        list: async () => [],
        updateReservation: async () => undefined,
        updateRecord: async () => undefined,
        leases: async () => [],
        details: async () => undefined,
        define: async () => undefined,
        create: async () => undefined,
        start: async () => undefined,
        destroy: async () => undefined,
        undefine: async () => undefined,
        setAutostart: async () => undefined,
        update: async () => undefined,
    };

    readonly files: HostFiles = {
        path: async (uuid, name) => join(guestsFolder(this.uri), uuid, name),
        list: async (uuid) => [...(this.folders.get(uuid) ?? [])].map(([name, { size }]) => ({ name, size })),
        strange: async () => [],
        put: async (uuid, name, parts, { digest }) => void this.folder(uuid).set(name, await keep(parts, digest)),
        putNew: async (uuid, name, parts, { digest }) => {
            const folder = this.folder(uuid);
            if (folder.has(name)) return false;
            folder.set(name, await keep(parts, digest));
            return true;
        },
        copy: async (uuid, from, to) => void this.folder(uuid).set(to, this.file(uuid, from)),
        rename: async (uuid, from, to) => {
            this.folder(uuid).set(to, this.file(uuid, from));
            this.folder(uuid).delete(from);
        },
        remove: async (uuid, ...names) => {
            for (const name of names) this.folders.get(uuid)?.delete(name);
        },
        guests: async () => [...this.folders.keys()],
        removeFolder: async (uuid) => {
            if (this.folders.get(uuid)?.size === 0) this.folders.delete(uuid);
        },
        read: async (uuid, name, { offset = 0, length }) =>
            this.folders
                .get(uuid)
                ?.get(name)
                ?.content.slice(offset, offset + length) ?? "",
        digest: async (uuid, name) => this.folders.get(uuid)?.get(name)?.digest,
        size: async (uuid, name) => this.folders.get(uuid)?.get(name)?.size,
        owner: async () => 0,
    };

    protected stop(uuid: string): boolean {
        const { id: _, liveXml: __, ...domain } = this.domain(uuid);
        const { active } = domain;
        this.kept.set(uuid, { ...domain, state: "shutoff", active: false });
        return active;
    }

    protected domain(uuid: string): DomainRecord {
        const domain = this.kept.get(uuid);
        if (!domain) throw new UnikernelError("not-found", `there is no domain ${uuid}`);
        return domain;
    }

    private folder(uuid: string): Map<string, KeptFile> {
        const folder = this.folders.get(uuid) ?? new Map<string, KeptFile>();
        this.folders.set(uuid, folder);
        return folder;
    }

    private file(uuid: string, name: string): KeptFile {
        const file = this.folders.get(uuid)?.get(name);
        if (!file) throw new UnikernelError("not-found", `there is no file ${name}`);
        return file;
    }

    private counted<T extends object>(group: string, methods: T): T {
        return new Proxy(methods, {
            get: (target, name) => {
                const call = `${group}.${String(name)}`;
                this.calls.set(call, (this.calls.get(call) ?? 0) + 1);
                return Reflect.get(target, name);
            },
        });
    }
}

function copyOf(record: DomainRecord | undefined): DomainRecord | undefined {
    return record && { ...record };
}

function textOf(xml: string, element: string): string {
    const [, text] = new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml) ?? [];
    if (text === undefined) throw new UnikernelError("invalid", `the definition has no <${element}>`);
    return text;
}

/** Replace the mark, with the prefix and the namespace that virDomainSetMetadata adds. */
function withMark(xml: string, mark: string): string {
    const named = mark
        .replace(/<(\/?)(?=[a-zA-Z])/g, `<$1${MARK_PREFIX}:`)
        .replace(`<${MARK_PREFIX}:${MARK_ELEMENT}`, `$& xmlns:${MARK_PREFIX}="${MARK_NAMESPACE}"`);
    const present = new RegExp(`<${MARK_PREFIX}:${MARK_ELEMENT}[ >][^]*</${MARK_PREFIX}:${MARK_ELEMENT}>`);
    if (!present.test(xml)) throw new UnikernelError("invalid", "the definition has no mark");
    return xml.replace(present, () => named);
}

/** Keep the text of small files, and the digest alone of those whose digest the caller has computed. */
async function keep(parts: Part[], digest: string | undefined): Promise<KeptFile> {
    const sizes = await Promise.all(
        parts.map(async (part) => ("file" in part ? (await stat(part.file)).size : part.bytes.length)),
    );
    const bytes = Buffer.concat(parts.flatMap((part) => ("file" in part ? [] : [part.bytes])));
    return {
        size: sizes.reduce((sum, size) => sum + size, 0),
        digest: digest ?? createHash("sha256").update(bytes).digest("hex"),
        content: bytes.toString("utf8"),
    };
}
