import { shellWord } from "../../../model";
import { parseUri } from "./uri";

/** The call of OpenSSH's client for a host. */
export interface Login {
    program: string;
    /** Options for this host: port, user, key. The user's own configuration supplies the rest. */
    options: string[];
    host: string;
    /** The equivalent command for a person, for hints: `ssh -p 2222 root@far`. */
    byHand: string;
}

const transports = ["ssh", "libssh", "libssh2"];

/**
 * Return the ssh login for the host of a libvirt URI; undefined for a URI without a host or with another transport.
 * Parameters as in libvirt's "Connection URIs", "ssh transport" and "libssh transport": `command`,
 * `keyfile`, `no_verify`; with libssh and libssh2 `known_hosts` and `known_hosts_verify`. Parameters of libvirt's
 * socket (`socket`, `netcat`, `proxy`, `mode`) do not apply to files.
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
        ]
            .map(shellWord)
            .join(" "),
    };
}

/** Return the URI by which a guest's host is reached by ssh, where one of its connection and `sshTarget` goes by ssh. */
export function sshUri({ connection, sshTarget }: { connection: string; sshTarget?: string }): string {
    return sshTarget === undefined ? connection : `xen+ssh://${sshTarget}/system`;
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

/** Parse the query. Not with URLSearchParams: for libvirt a plus sign is a literal plus. */
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
