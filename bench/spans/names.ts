/** The name of what happens in a call of the provider, and has no name of its own. */
export const OTHER = "other";
/** The name of all that happens outside of this package's calls and processes. */
export const ENGINE = "engine";

/** The spans in the order of the table, and what each is. */
export const SPANS: Record<string, string> = {
    [ENGINE]: "Pulumi's engine with its language host, the program, and messages between the processes",
    "node's start":
        "until the first line of JavaScript: of the program, of the provider, and of its process that talks to libvirt",
    "loading Pulumi's SDK": "by the program and the provider",
    "loading package: program": "this package with its dependencies, by the program",
    "loading package: provider": "the same by the provider",
    "loading package: child": "what the process that talks to libvirt loads, libvirt's library too",
    check: "the arguments, without what they hash",
    hashing: "the kernel's content",
    copying: "the guest's files: store, links, configuration",
    syncing: "until files and folders are on disk",
    "the guest's folder": "lists, the claim, removals",
    connecting: "to libvirt",
    "asking libvirt": "facts, look-ups, marks",
    define: "the domain",
    "libvirt's start": "of the domain, without QEMU's",
    QEMU: "from the start of its process until it lets the processor run",
    guest: "until its last line is in the log, as far as libvirt's call has returned",
    readiness: "from that line until it is seen",
    [OTHER]: "the rest of this package's calls",
};

/** Where several happen at once, the first counts: the work inside another one, or that the other one waits for. */
export const ORDER = [
    "hashing",
    "syncing",
    "copying",
    "node's start",
    "loading package: program",
    "loading package: provider",
    "loading package: child",
    "loading Pulumi's SDK",
    "connecting",
    "QEMU",
    "libvirt's start",
    "define",
    "guest",
    "readiness",
    "the guest's folder",
    "asking libvirt",
    "check",
    OTHER,
];
