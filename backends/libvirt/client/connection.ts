import { type FunctionName, type Handle, libvirt, readStruct } from "./ffi";
import type { Failure } from "./protocol";

/** A failure that will be sent to the parent. */
export class CallFailed extends Error {
    /** @param untouched the failed call was a look-up and the first of its request, so the host is unchanged */
    constructor(
        readonly failure: Failure,
        readonly untouched = false,
    ) {
        super("message" in failure ? failure.message : failure.kind);
    }
    /** libvirt's virErrorNumber; 0 for any other failure. */
    get code(): number {
        return this.failure.kind === "libvirt" ? this.failure.code : 0;
    }
    /** The errno of the system error that libvirt reported; 0 for any other failure. */
    get errno(): number {
        return this.failure.kind === "libvirt" ? (this.failure.errno ?? 0) : 0;
    }
    get lost(): boolean {
        return this.failure.kind === "libvirt" && this.failure.lost;
    }
}

export function invoke(name: FunctionName, ...args: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
        libvirt()[name].async(...args, (error: unknown, result: unknown) => (error ? reject(error) : resolve(result)));
    });
}

/** Time since the last answer of a connection that counts as alive. Milliseconds. */
const LIVELY_MS = 15_000;

/**
 * One connection to a libvirt host, with one call in flight.
 *
 * libvirt keeps the last error for each thread, but an asynchronous call ends on a thread that we cannot query. It
 * also keeps one for each connection (virConnGetLastError), which belongs to the call that has just failed as long as
 * only one call is in flight. So no code here may run two calls at once.
 */
export class Connection {
    /** Number of calls in the present request. */
    private calls = 0;

    /** Open consoles by the domain's uuid, each with the number of the domain when it was opened. */
    readonly consoles = new Map<string, { id: number; stream: Handle }>();

    /** Domains by uuid. A handle holds no fact but uuid and name, so it saves a look-up, and libvirt still says "gone". */
    private readonly domains = new Map<string, Handle>();
    private answered = 0;

    /**
     * @param remote a wait for its answer may be long, so calls that only read may be sent together (domainsTogether)
     * @param libxl its driver is libxl
     */
    constructor(
        readonly handle: Handle,
        readonly remote = false,
        readonly libxl = false,
    ) {}

    /** Keep the handle of a domain; on this machine, free it. */
    keep(uuid: string, domain: Handle): void {
        const former = this.remote ? this.domains.get(uuid) : domain;
        if (former) libvirt().virDomainFree(former);
        if (this.remote) this.domains.set(uuid, domain);
    }

    /**
     * Return the handle of a domain; undefined where a look-up is due: it shows whether a connection that was idle for
     * long still lives, before a call changes something.
     */
    kept(uuid: string): Handle | undefined {
        return Date.now() - this.answered < LIVELY_MS ? this.domains.get(uuid) : undefined;
    }

    forget(uuid: string): void {
        const domain = this.domains.get(uuid);
        this.domains.delete(uuid);
        if (domain) libvirt().virDomainFree(domain);
    }

    /** Begin a new request on this connection. */
    taken(): this {
        this.calls = 0;
        return this;
    }

    /** Call a function that returns -1 on failure. */
    number(name: FunctionName, ...args: unknown[]): Promise<number> {
        return this.run(name, args, (result) => (result as number) < 0) as Promise<number>;
    }

    /** Call a function that returns 0 on failure. */
    positive(name: FunctionName, ...args: unknown[]): Promise<number> {
        return this.run(name, args, (result) => Number(result) === 0).then(Number);
    }

    /** Call a function that returns a string, NULL on failure. */
    text(name: FunctionName, ...args: unknown[]): Promise<string> {
        return this.run(name, args, (result) => result === null) as Promise<string>;
    }

    /** Call a function that returns an object, NULL on failure. The caller frees the object. */
    handleOf(name: FunctionName, ...args: unknown[]): Promise<Handle> {
        return this.run(name, args, (result) => result === null) as Promise<Handle>;
    }

    /** Look an object up, run `work` on it, and free it. */
    async using<T>(
        free: FunctionName,
        [name, ...args]: [FunctionName, ...unknown[]],
        work: (handle: Handle) => Promise<T>,
    ): Promise<T> {
        const handle = await this.handleOf(name, ...args);
        try {
            return await work(handle);
        } finally {
            // This frees only the client's own object: no round trip.
            libvirt()[free](handle);
        }
    }

    /** Return the failure of the call that has just ended. */
    failure(name?: FunctionName): CallFailed {
        const error = libvirt().virConnGetLastError(this.handle) as Handle | null;
        const lost = libvirt().virConnectIsAlive(this.handle) !== 1;
        return new CallFailed(
            { kind: "libvirt", ...readError(error), connecting: false, lost },
            this.calls === 1 && name?.includes("Lookup"),
        );
    }

    async close(): Promise<void> {
        for (const { stream } of this.consoles.values()) libvirt().virStreamFree(stream);
        this.consoles.clear();
        for (const uuid of [...this.domains.keys()]) this.forget(uuid);
        await invoke("virConnectClose", this.handle);
    }

    private async run(name: FunctionName, args: unknown[], failed: (result: unknown) => boolean): Promise<unknown> {
        libvirt().virConnResetLastError(this.handle);
        this.calls++;
        const result = await invoke(name, ...args);
        if (failed(result)) throw this.failure(name);
        this.answered = Date.now();
        return result;
    }
}

const systemError = 38; // virErrorNumber

export function readError(error: Handle | null): { code: number; domain: number; message: string; errno?: number } {
    if (error === null) return { code: 0, domain: 0, message: "libvirt failed without saying why" };
    const { code, domain, message, int1 } = readStruct(error, "virError");
    const said = { code: Number(code), domain: Number(domain), message: String(message ?? "") };
    // virReportSystemError passes the errno; the text is in the daemon's language.
    return said.code === systemError && Number(int1) > 0 ? { ...said, errno: Number(int1) } : said;
}
