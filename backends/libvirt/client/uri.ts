/**
 * What a libvirt URI says of where it leads (libvirt: "Connection URIs", "Remote support").
 * `driver[+transport]://[user@][host][:port]/path[?parameters]`
 */
export interface ConnectionUri {
    /** `qemu`, `xen`, `test` … */
    driver: string;
    /** `ssh`, `unix`, `tcp`, `tls`, `libssh`, `libssh2`, `ext`; undefined when left out. */
    transport?: string;
    /** Undefined: this machine. */
    host?: string;
    user?: string;
    port?: number;
    /** `/system`, `/session` … */
    path: string;
}

export function parseUri(uri: string): ConnectionUri {
    const match = /^([a-z]+)(?:\+([a-z0-9]+))?:\/\/(?:([^@/?]*)@)?(\[[^\]]*\]|[^:/?]*)(?::(\d+))?(\/[^?]*)?/.exec(uri);
    if (!match) return { driver: "", path: "" };
    const [, driver = "", transport, user, host, port, path = ""] = match;
    return { driver, transport, host: host || undefined, user, port: port ? Number(port) : undefined, path };
}

/** Leads to another machine, or may: `ext` runs a program that goes who knows where. */
export function isRemote(uri: string): boolean {
    const { transport, host } = parseUri(uri);
    return host !== undefined || transport === "ext";
}

export function isSession(uri: string): boolean {
    return parseUri(uri).path === "/session";
}

/**
 * As the user wrote it, but ssh never asks for a password or about a host key: nobody could answer
 * in the middle of an update. Keys, agents and ~/.ssh/config work as always.
 */
export function unattended(uri: string): string {
    if (parseUri(uri).transport !== "ssh" || /[?&]no_tty=/.test(uri)) return uri;
    return `${uri}${uri.includes("?") ? "&" : "?"}no_tty=1`;
}
