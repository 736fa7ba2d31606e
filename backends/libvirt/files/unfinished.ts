import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/**
 * The names that mark an incomplete file, the same for local files, ssh and storage volumes:
 *
 * - `.NAME.WRITER.part`: local files and ssh write this file, then rename or link it to NAME. Writers of storage
 * volumes,   which cannot be renamed, announce themselves with an empty file of that name. - `NAME.unfinished` beside
 * NAME: a storage volume is filling NAME itself, so NAME counts as missing.
 *
 * WRITER is `HOST~MACHINE~BOOT~NAMESPACE~PID~START~NUMBER`, with a `v` before the number for a storage volume; release
 * 0.1.0 wrote only a PID. ssh/shellProtocol.ts has the same rules for the remote side.
 */
export const UNFINISHED = ".unfinished";

const part = /^\.(.+)\.([^.]+)\.part$/;
const fields = /^([A-Za-z0-9-]*)~([0-9a-f]{1,8})~([0-9a-f]{1,8})~(\d+)~(\d+)~(\d+)~v?\d+$/;
const plain = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

const HOUR = 3_600_000;

export function isPlainName(name: string): boolean {
    return plain.test(name);
}

/** Return the name and the writer of a temporary file; undefined for any other name. */
export function partOf(name: string): { name: string; writer: string } | undefined {
    const match = part.exec(name);
    const writer = match?.[2] ?? "";
    return match && (fields.test(writer) || /^\d+$/.test(writer)) ? { name: match[1]!, writer } : undefined;
}

/** Return an identifier of this process, unique among all machines, in the form of a writer. */
export function thisProcess(): string {
    return partOf(partName("process"))!.writer;
}

/** Return whether a writer is this process, for any file. */
export function isThisProcess(writer: string): boolean {
    const processOf = (name: string): string => name.replace(/~[^~]*$/, "");
    return processOf(writer) === processOf(thisProcess());
}

let parts = 0;

/**
 * Return a unique name for a temporary file.
 * @param by `file`: it gets the content; `volume`: it only announces the writer
 */
export function partName(name: string, by: "file" | "volume" = "file"): string {
    const { host, machine, boot, namespace } = here();
    return `.${name}.${host}~${machine}~${boot}~${namespace}~${process.pid}~${startOf(process.pid)}~${by === "volume" ? "v" : ""}${parts++}.part`;
}

/**
 * Return whether the writer of a temporary file has certainly ended.
 * @param age milliseconds since the last write to the file
 */
export function isAbandoned(writer: string, age: number): boolean {
    if (/^\d+$/.test(writer)) return isOldAbandoned(Number(writer), age);
    const [, host, machine, boot, namespace, pid, start] = fields.exec(writer) ?? [];
    const own = here();
    if (boot === own.boot && namespace === own.namespace) return startOf(Number(pid)) !== start;
    // A reboot of this machine ended all processes. The host name counts too: cloned machines share a machine-id.
    if (boot !== own.boot && machine === own.machine && machine !== "0" && host === own.host) return true;
    return age > HOUR;
}

/**
 * The same for release 0.1.0, which wrote a pid without its machine. A process younger than the file did not write it.
 */
function isOldAbandoned(pid: number, age: number): boolean {
    const start = startOf(pid);
    if (start === "0") return true;
    const running = uptime() - Number(start) / 100;
    return running * 1000 < age;
}

/** Return whether a writer fills the file itself, as writers of storage volumes do. */
export function fillsInPlace(writer: string): boolean {
    return /~v\d+$/.test(writer);
}

/** Return a writer's description for errors: `process 7 on web1`. */
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

/**
 * Return the scope of this process's pid: pids are unique only within one boot and one pid namespace of one machine.
 */
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

/** Return field 22 of /proc/PID/stat (proc(5)), in clock ticks since boot; "0" for no process or a zombie. */
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
