import type { Dom0 } from "./dom0";

/** libvirt's libxl driver writes here what libxl says of domains that are not there yet (libxl_logger.c); its errors name the file. */
const LOG = "/var/log/libvirt/libxl/libxl-driver.log";
const BYTES = 8 * 1024;
/** One start that fails says about six things, and each again when it is taken back. */
const LINES = 12;

/** What follows from a failure, and what was tried after it. */
const AFTERMATH =
    /(?:unable to remove|remove_|destroy|Non-existant|domain_death|scripts\/\S+ (?:offline|remove)|attempting to clear)/i;

/** The lines about the newest start in the log, oldest first, without their time stamps. @param took milliseconds since that start began */
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
