import type { Dom0 } from "./dom0";

/**
 * Log in which libvirt's libxl driver writes libxl's messages about domains being created (libxl_logger.c); its errors
 * name the file.
 */
const LOG = "/var/log/libvirt/libxl/libxl-driver.log";
const BYTES = 8 * 1024;
/** A failed start logs about six messages, and again as many when it is undone. */
const LINES = 12;

/** Messages about the consequences of a failure and the cleanup after it. */
const AFTERMATH =
    /(?:unable to remove|remove_|destroy|Non-existant|domain_death|scripts\/\S+ (?:offline|remove)|attempting to clear)/i;

/**
 * Return the log's lines about the newest start, oldest first, without time stamps.
 * @param took milliseconds since the start began
 */
export async function explainStart(dom0: Dom0, took: number): Promise<string[]> {
    const text = (await dom0.tail(BYTES, LOG))?.text ?? "";
    const lines = text
        .split("\n")
        .map((line) => /^([\d-]+ [\d:]+\.\d+)\+\d+: (.+)$/.exec(line))
        .filter((match) => match !== null);
    const newest = lines.at(-1)?.[1];
    if (newest === undefined) return [];
    const recent = lines
        .filter((match) => milliseconds(newest) - milliseconds(match[1]!) <= took)
        .map((match) => match[2]!);
    return recent.filter((line) => !AFTERMATH.test(line)).slice(-LINES);
}

function milliseconds(stamp: string): number {
    return Date.parse(`${stamp.replace(" ", "T")}Z`);
}
