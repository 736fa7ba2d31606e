import { QEMUS } from "./choose";

/** Facts of the host that only dom0 knows. */
export interface XenFacts {
    /** Xen's command, `xl`. */
    toolstack?: string;
    /** The socket or kernel device of xenstore. `closed`: it exists, but we have no access. */
    xenstore: { path: string; state: "open" | "closed" | "absent" };
    /** xenconsoled. `kept`: it runs and logs guests' output; `running`: it runs without logs. */
    consoles: "kept" | "running" | "absent";
    /** The QEMU that serves disks. */
    qemu?: string;
    bridges: string[];
}

/** The paths of xenstore on this machine (socket.ts), and by a shell on the host (shell.ts). */
const XENSTORE = { local: ["/run/xenstored/socket"], remote: ["/dev/xen/xenbus", "/proc/xen/xenbus"] };

/**
 * `$1`: the number of paths to xenstore that follow; the rest are paths of QEMU. Starts no process per check: that is
 * slow on a busy dom0.
 */
const SCRIPT = `
count=$1; shift
echo "toolstack $(PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; command -v xl || :)"
for path do
    if [ $count -gt 0 ]; then
        count=$((count - 1))
        if [ -r "$path" ] && [ -w "$path" ]; then echo "open $path"; elif [ -e "$path" ]; then echo "closed $path"; fi
    elif [ -x "$path" ]; then echo "qemu $path"; fi
done
for process in /proc/[0-9]*; do
    name=; { read -r name < $process/comm; } 2> /dev/null || :
    [ "$name" != xenconsoled ] || echo "consoles $(tr '\\0' ' ' < $process/cmdline)"
done
for bridge in /sys/class/net/*/bridge; do
    [ ! -d "$bridge" ] || { bridge=\${bridge%/bridge}; echo "bridge \${bridge##*/}"; }
done`;

/** Return the facts of a Xen host. @param run runs an sh script with $1, $2 … in dom0 */
export async function inspectXen(
    run: (script: string, words: string[]) => Promise<string>,
    where: keyof typeof XENSTORE,
): Promise<XenFacts> {
    const ways = XENSTORE[where];
    return readFacts(await run(SCRIPT, [String(ways.length), ...ways, ...QEMUS]), ways[0] ?? "");
}

function readFacts(said: string, usual: string): XenFacts {
    const lines = said
        .split("\n")
        .map((line) => /^(\w+) (\S.*)$/.exec(line.trimEnd()))
        .filter((match) => match !== null);
    const all = (key: string): string[] =>
        lines.filter(([, name]) => name === key).map(([, , value]) => value as string);
    const [open, closed, daemon] = ["open", "closed", "consoles"].map((key) => all(key)[0]);
    return {
        toolstack: all("toolstack")[0],
        xenstore: { path: open ?? closed ?? usual, state: open ? "open" : closed ? "closed" : "absent" },
        // xenconsoled(8): --log takes none, guest, hv or all.
        consoles: daemon === undefined ? "absent" : /--log[= ](?:guest|all)\b/.test(daemon) ? "kept" : "running",
        qemu: all("qemu")[0],
        bridges: all("bridge"),
    };
}
