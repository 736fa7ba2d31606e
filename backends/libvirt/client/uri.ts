/**
 * The parts of a libvirt URI (libvirt: "Connection URIs", "Remote support").
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

/** Return whether a URI leads to another machine, or may: `ext` runs a program that can connect to any machine. */
export function isRemote(uri: string): boolean {
    const { transport, host } = parseUri(uri);
    return host !== undefined || transport === "ext";
}

export function isSession(uri: string): boolean {
    return parseUri(uri).path === "/session";
}

/**
 * Return the URI with an option that keeps ssh from asking for a password or about a host key: no user can answer
 * during an update. Keys, agents and ~/.ssh/config work as usual.
 */
export function unattended(uri: string): string {
    if (parseUri(uri).transport !== "ssh" || /[?&]no_tty=/.test(uri)) return uri;
    return `${uri}${uri.includes("?") ? "&" : "?"}no_tty=1`;
}
