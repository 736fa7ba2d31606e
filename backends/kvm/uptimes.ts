import type { Host } from "../libvirt/host";
import { shellOf } from "../libvirt/hostShell";

/** Ticks of /proc/PID/stat in a second: USER_HZ, which is 100 on x86 (proc(5), sysconf(_SC_CLK_TCK)). */
const TICKS = 100;

/**
 * Print the seconds since the host's boot; then, for each process with an argument -uuid, as libvirt starts QEMU, its
 * start in ticks since then (field 22 of /proc/PID/stat, behind a name in parentheses) and that uuid.
 */
const SCRIPT = `
read -r up rest < /proc/uptime
echo "$up"
for file in $(grep -lzxe -uuid /proc/[0-9]*/cmdline 2>/dev/null); do
    { read -r stat < "\${file%cmdline}stat" && line=$(tr '\\0' ' ' < "$file"); } 2>/dev/null || continue
    set -- \${stat##*) }
    rest=\${line#* -uuid }
    echo "\${20} \${rest%% *}"
done`;

/** Return for how many seconds the QEMU processes of guests have run; empty where no shell on the host answers. */
export async function qemuUptimes(host: Pick<Host, "uri">, uuids: string[]): Promise<Map<string, number>> {
    const shell = shellOf(host.uri);
    return shell ? readUptimes(await shell(SCRIPT, []), uuids) : new Map();
}

/** Read what the script printed. */
export function readUptimes(said: string, uuids: string[]): Map<string, number> {
    const [up = "", ...lines] = said.split("\n");
    const now = Number(up);
    const found = lines
        .map((line) => /^(\d+) ([0-9a-f-]{36})$/.exec(line))
        .filter((match) => match !== null)
        .map(([, ticks, uuid]): [string, number] => [uuid as string, Math.max(0, now - Number(ticks) / TICKS)]);
    return new Map(found.filter(([uuid, seconds]) => uuids.includes(uuid) && Number.isFinite(seconds)));
}
