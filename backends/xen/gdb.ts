import { UnikernelError } from "../../model";
import type { Dom0 } from "./dom0";

/** Print the path of Xen's debugger server: in root's PATH, or in the folders that builds of Xen use. */
const FIND = `
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
command -v gdbsx && exit 0
for each in /usr/lib/xen-*/bin/gdbsx /usr/lib/xen/bin/gdbsx /usr/libexec/xen/bin/gdbsx; do [ ! -x "$each" ] || { echo "$each"; exit 0; }; done`;

/**
 * End the server of a guest ($1), if the process with the recorded pid is still a gdbsx. A zombie has no command line.
 */
const END = `
kept=/run/pulumi-unikernel/$1.gdb
said() { tr '\\0' ' ' 2> /dev/null < "/proc/$1/cmdline" || :; }
if [ -e "$kept" ]; then
    read -r pid < "$kept" || :
    case "$(said "$pid")" in *gdbsx*" -a "*) kill "$pid" || :;; esac
    rm -f -- "$kept" "$kept.log"
fi`;

/** Start gdbsx -a DOMAIN 64 PORT (tools/debugger/gdbsx/README) in a new session, and wait until it listens. */
const START = `${END}
mkdir -p -m 700 /run/pulumi-unikernel
setsid "$4" -a "$2" 64 "$3" < /dev/null > "$kept.log" 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- &
pid=$!
echo "$pid" > "$kept"
port=$(printf ':%04X 00000000:0000 0A' "$3")
tries=0
until grep -q "$port" /proc/net/tcp; do
    tries=$((tries + 1))
    [ -n "$(said "$pid")" ] && [ $tries -lt 50 ] || break
    sleep 0.1
done
sleep 0.2
[ -z "$(said "$pid")" ] || ! grep -q "$port" /proc/net/tcp || exit 0
cat "$kept.log" >&2
case "$(said "$pid")" in *gdbsx*" -a "*) kill "$pid";; esac
rm -f -- "$kept" "$kept.log"
exit 1`;

/**
 * Return the path of gdbsx on the host.
 * @throws UnikernelError `program-missing`
 */
export async function findGdbsx({ run }: Pick<Dom0, "run">, hostname: string): Promise<string> {
    const path = (await run(FIND, [])).trim();
    if (path) return path;
    throw new UnikernelError("program-missing", `${hostname} has no gdbsx, which serves gdb on Xen`, {
        property: "gdb",
        hint: "apt-get install xen-utils-common on that host",
    });
}

/** tools/debugger/gdbsx/xg/xg_main.c, _check_hyp. */
const NO_SUPPORT = /Hyp is NOT enabled for gdbsx/;

/** Open the port for a domain's number, on every address of the host: gdbsx has no other mode (gx/gx_comm.c). */
export async function startGdbsx(
    dom0: Pick<Dom0, "run">,
    uuid: string,
    id: number,
    port: number,
    hostname: string,
): Promise<void> {
    const path = await findGdbsx(dom0, hostname);
    try {
        await dom0.run(START, [uuid, String(id), String(port), path]);
    } catch (error) {
        if (!(error instanceof UnikernelError) || error.code !== "program-failed") throw error;
        if (NO_SUPPORT.test(error.message)) {
            throw new UnikernelError(
                "unsupported",
                `the hypervisor of ${hostname} is built without support for gdbsx`,
                {
                    property: "gdb",
                    hint: "Debian builds Xen without CONFIG_GDBSX: leave gdb out, or boot that host with a Xen that has it",
                    cause: error,
                },
            );
        }
        throw new UnikernelError("program-failed", `gdbsx did not open port ${port}: ${error.message}`, {
            property: "gdb.port",
            hint: "check whether another program uses the port",
            cause: error,
        });
    }
}

/** End the server of a guest. Succeeds when it is gone already. */
export async function endGdbsx({ run }: Pick<Dom0, "run">, uuid: string): Promise<void> {
    await run(END, [uuid]);
}
