import { callbacks, layouts, signatures } from "./signatures";

// koffi loads as CommonJS, but declares its types for ES modules only.
type Koffi = typeof import("koffi", { with: { "resolution-mode": "import" }});
const koffi = require("koffi") as Koffi;

/** A pointer to one of libvirt's objects. */
export type Handle = bigint;

/** A C function. A plain call runs in this thread; `async`, with a callback last, runs on one of libuv's threads. */
export interface NativeFunction {
    (...args: unknown[]): unknown;
    async(...args: unknown[]): void;
}

export type FunctionName = keyof typeof signatures;
export type Library = Record<FunctionName, NativeFunction>;

let library: Library | undefined;

/** Load libvirt.so.0, once in this thread. Throws koffi's own error when it is missing. */
export function libvirt(): Library {
    if (library) return library;
    const shared = koffi.load("libvirt.so.0");
    for (const name of ["virConnect", "virDomain", "virNetwork", "virStoragePool", "virStorageVol", "virStream"]) {
        koffi.pointer(`${name}Ptr`, koffi.opaque(name));
    }
    for (const callback of Object.values(callbacks)) koffi.proto(callback);
    koffi.disposable("HeapString", "str", koffi.free);
    for (const [name, members] of Object.entries(layouts)) koffi.struct(name, members);
    library = Object.fromEntries(
        Object.entries(signatures).map(([name, signature]) => [
            name,
            shared.func(signature) as unknown as NativeFunction,
        ]),
    ) as Library;
    if ((library.virInitialize() as number) < 0) throw new Error("libvirt.so.0 was loaded but virInitialize failed");
    return library;
}

export type Struct = Record<string, string | number | bigint | null>;

/** Read a C struct by its name in `layouts`. */
export function readStruct(handle: Handle, name: keyof typeof layouts): Struct {
    return koffi.decode(handle, name) as Struct;
}

export function readStructs(handle: Handle | null, name: keyof typeof layouts, length: number): Struct[] {
    return handle === null || length <= 0 ? [] : (koffi.decode(handle, name, length) as Struct[]);
}

export function readPointers(array: Handle | null, length: number): Handle[] {
    return array === null || length <= 0 ? [] : (koffi.decode(array, "void *", length) as Handle[]);
}

/** Read an array of pointers and free the array, but not the objects. */
export function takePointers(array: Handle | null, length: number): Handle[] {
    const pointers = readPointers(array, length);
    if (array !== null) koffi.free(array);
    return pointers;
}

const lifecycle = 0; // virDomainEventID

/**
 * Call a function at each event of a domain's life, in the thread that runs libvirt's event loop; the domain is valid
 * during the call only.
 * @returns -1 where it failed
 */
export function onDomainEvents(
    connection: Handle,
    listener: (domain: Handle, event: number, detail: number) => void,
): number {
    const callback = koffi.register(
        (_connection: Handle, domain: Handle, event: number, detail: number) => listener(domain, event, detail),
        "LifecycleCallback *",
    );
    return libvirt().virConnectDomainEventRegisterAny(connection, null, lifecycle, callback, null, null) as number;
}

/** Have each turn of libvirt's event loop end after these milliseconds. */
export function wakeEventLoop(milliseconds: number): void {
    const callback = koffi.register(() => undefined, "TimeoutCallback *");
    libvirt().virEventAddTimeout(milliseconds, callback, null, null);
}
