import { QEMUS } from "./choose";

/** What dom0 itself says of the host. */
export interface XenFacts {
    /** Xen's command, `xl`. */
    toolstack?: string;
    /** The way to xenstore: a socket or the kernel's device. `closed`: there, but not for us. */
    xenstore: { path: string; state: "open" | "closed" | "absent" };
    /** xenconsoled: `kept`: it logs what guests print; `running`: it does not. */
    consoles: "kept" | "running" | "absent";
    /** The QEMU that serves disks. */
    qemu?: string;
    bridges: string[];
}

/** As xenstore is reached on this machine, and by a shell there (xenstore.ts). */
const XENSTORE = { local: ["/run/xenstored/socket"], remote: ["/dev/xen/xenbus", "/proc/xen/xenbus"] };

/** `$1`: how many of the words after it are ways to xenstore; the others are QEMUs. No process is started: each is slow on a busy dom0. */
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

/** @param run a shell of dom0: a script of sh and its $1, $2 … */
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
