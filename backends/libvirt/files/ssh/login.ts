import { parseUri } from "../../client";

/** How OpenSSH's client is called for a host. */
export interface Login {
    program: string;
    /** Options of this host: port, user, key. The user's own configuration gives the rest. */
    options: string[];
    host: string;
    /** The command by which a person comes to the same place, for hints: `ssh -p 2222 root@far`. */
    byHand: string;
}

const transports = ["ssh", "libssh", "libssh2"];

/**
 * The way by ssh to the host of a libvirt URI; undefined when the URI leads elsewhere or by other means.
 * Parameters as in libvirt's "Connection URIs", "ssh transport" and "libssh transport": `command`,
 * `keyfile`, `no_verify`; with libssh and libssh2 `known_hosts` and `known_hosts_verify`. What is about
 * libvirt's socket (`socket`, `netcat`, `proxy`, `mode`) means nothing for files.
 */
export function sshLogin(uri: string): Login | undefined {
    const { transport = "", host, user, port } = parseUri(uri);
    if (host === undefined || !transports.includes(transport)) return undefined;
    const parameters = readParameters(uri);
    const login = user ? decode(user) : undefined;
    const bare = decode(host.replace(/^\[(.*)\]$/, "$1"));
    const keyfile = parameters.get("keyfile");
    const place = [
        ...(port ? ["-p", String(port)] : []),
        ...(keyfile ? ["-i", keyfile] : []),
        ...(login ? ["-l", login] : []),
    ];
    const program = (transport === "ssh" && parameters.get("command")) || "ssh";
    return {
        program,
        host: bare,
        options: [...place, ...verification(transport, parameters)],
        byHand: [
            program,
            ...(port ? ["-p", String(port)] : []),
            ...(keyfile ? ["-i", keyfile] : []),
            login ? `${login}@${bare}` : bare,
        ].join(" "),
    };
}

function verification(transport: string, parameters: Map<string, string>): string[] {
    if (transport === "ssh") return Number(parameters.get("no_verify") ?? 0) ? ["-o", "StrictHostKeyChecking=no"] : [];
    const file = parameters.get("known_hosts");
    const files = file ? ["-o", `UserKnownHostsFile="${file}"`] : [];
    switch (parameters.get("known_hosts_verify")) {
        case "auto":
            return [...files, "-o", "StrictHostKeyChecking=accept-new"];
        case "ignore":
            return ["-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=no"];
        default:
            return files;
    }
}

/** Not URLSearchParams: to libvirt a plus sign is a plus sign. */
function readParameters(uri: string): Map<string, string> {
    const query = /\?([^#]*)/.exec(uri)?.[1] ?? "";
    return new Map(
        query
            .split(/[&;]/)
            .filter(Boolean)
            .map((pair) => {
                const [name = "", ...value] = pair.split("=");
                return [decode(name), decode(value.join("="))];
            }),
    );
}

function decode(text: string): string {
    try {
        return decodeURIComponent(text);
    } catch {
        return text;
    }
}
