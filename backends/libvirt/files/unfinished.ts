import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/**
 * The marks of an unfinished file, the same for local files, ssh and storage volumes:
 *
 * - `.NAME.WRITER.part`: local files and ssh write here, then rename or link it to NAME. Storage volumes, which cannot be
 *   renamed, announce themselves with an empty file of that name.
 * - `NAME.unfinished` beside NAME: storage volumes fill NAME itself meanwhile, so NAME counts as missing.
 *
 * WRITER is `HOST~MACHINE~BOOT~NAMESPACE~PID~START~NUMBER`, its number with a `v` for a storage volume; release 0.1.0 wrote a PID only.
 * ssh/shellProtocol.ts has the same rules for the far side.
 */
export const UNFINISHED = ".unfinished";

const part = /^\.(.+)\.([^.]+)\.part$/;
const fields = /^([A-Za-z0-9-]*)~([0-9a-f]{1,8})~([0-9a-f]{1,8})~(\d+)~(\d+)~(\d+)~v?\d+$/;
const plain = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

const HOUR = 3_600_000;

export function isPlainName(name: string): boolean {
    return plain.test(name);
}

/** The name and the writer of a temporary file; undefined for every other name. */
export function partOf(name: string): { name: string; writer: string } | undefined {
    const match = part.exec(name);
    const writer = match?.[2] ?? "";
    return match && (fields.test(writer) || /^\d+$/.test(writer)) ? { name: match[1]!, writer } : undefined;
}

/** Return what names this process among all of all machines, in the form of a writer. */
export function thisProcess(): string {
    return partOf(partName("process"))!.writer;
}

/** Whether a writer is this process, whichever file it writes. */
export function isThisProcess(writer: string): boolean {
    const processOf = (name: string): string => name.replace(/~[^~]*$/, "");
    return processOf(writer) === processOf(thisProcess());
}

let parts = 0;

/** A name for a temporary file that no other writer has. @param by who fills the file of that name itself meanwhile, or only announces it */
export function partName(name: string, by: "file" | "volume" = "file"): string {
    const { host, machine, boot, namespace } = here();
    return `.${name}.${host}~${machine}~${boot}~${namespace}~${process.pid}~${startOf(process.pid)}~${by === "volume" ? "v" : ""}${parts++}.part`;
}

/**
 * Whether the writer of a temporary file is gone for certain.
 * @param age milliseconds since the file was last written to
 */
export function isAbandoned(writer: string, age: number): boolean {
    if (/^\d+$/.test(writer)) return isOldAbandoned(Number(writer), age);
    const [, host, machine, boot, namespace, pid, start] = fields.exec(writer) ?? [];
    const own = here();
    if (boot === own.boot && namespace === own.namespace) return startOf(Number(pid)) !== start;
    // Another boot of this machine ended all processes. Two machines may have one machine-id, when one was made as a copy of the other.
    if (boot !== own.boot && machine === own.machine && machine !== "0" && host === own.host) return true;
    return age > HOUR;
}

/** Release 0.1.0 names a process, but not its machine. A process that is younger than the file did not write it. */
function isOldAbandoned(pid: number, age: number): boolean {
    const start = startOf(pid);
    if (start === "0") return true;
    const running = uptime() - Number(start) / 100;
    return running * 1000 < age;
}

/** Whether a writer fills the file itself, as storage volumes do. */
export function fillsInPlace(writer: string): boolean {
    return /~v\d+$/.test(writer);
}

/** `process 7 on web1`, for errors. */
export function describeWriter(writer: string): string {
    const [, host, , , , pid] = fields.exec(writer) ?? [];
    return pid ? `process ${pid} on ${host || "an unnamed host"}` : `process ${writer}`;
}

interface Place {
    host: string;
    machine: string;
    boot: string;
    namespace: string;
}
let place: Place | undefined;

/** Process numbers mean something only within one boot and one process namespace of one machine. */
function here(): Place {
    return (place ??= {
        host: /^[A-Za-z0-9-]+(?=\.|$)/.exec(hostname())?.[0] ?? "",
        machine: hexOf("/etc/machine-id"),
        boot: hexOf("/proc/sys/kernel/random/boot_id"),
        namespace: /\d+/.exec(quietly(() => readlinkSync("/proc/self/ns/pid"), ""))?.[0] ?? "0",
    });
}

function hexOf(file: string): string {
    return /^[0-9a-f]{8}/.exec(quietly(() => readFileSync(file, "latin1"), ""))?.[0] ?? "0";
}

/** Field 22 of /proc/PID/stat (proc(5)), in clock ticks since the boot. "0" when there is no such process, or only its corpse. */
function startOf(pid: number): string {
    const fields = quietly(() => readFileSync(`/proc/${pid}/stat`, "latin1"), "")
        .replace(/^.*\) /s, "")
        .split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? "0" : (fields[19] ?? "0");
}

function uptime(): number {
    return Number(quietly(() => readFileSync("/proc/uptime", "latin1"), "0").split(" ")[0]);
}

function quietly(read: () => string, otherwise: string): string {
    try {
        return read();
    } catch {
        return otherwise;
    }
}
