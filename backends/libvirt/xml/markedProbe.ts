import type { HttpReadiness } from "../../../model";
import type { ProbeRecord } from "../model";

/** Return a probe as JSON in ASCII, since XML has no way to write some characters. */
export function writeProbe(probe: ProbeRecord): string {
    return JSON.stringify(probe).replaceAll(
        /[\u007f-\uffff]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
}

/** Return the probe of a mark; undefined for none, and for one that cannot be read: its guest is then not asked. */
export function readProbe(json: string | undefined): ProbeRecord | undefined {
    if (json === undefined) return undefined;
    try {
        const { readiness, addresses } = Object(JSON.parse(json)) as Record<string, unknown>;
        const { tcp, http } = Object(readiness) as Record<string, unknown>;
        if (!Array.isArray(addresses) || !addresses.every((one) => typeof one === "string")) return undefined;
        if (isHttp(http)) return { readiness: { http }, addresses };
        const { port } = Object(tcp) as Record<string, unknown>;
        return isPort(port) ? { readiness: { tcp: { port } }, addresses } : undefined;
    } catch {
        return undefined;
    }
}

function isHttp(found: unknown): found is HttpReadiness {
    const { port, path, status, body, host } = Object(found) as Record<string, unknown>;
    const isText = (one: unknown): boolean => one === undefined || typeof one === "string";
    const statuses = status === undefined ? [] : [status].flat();
    return isPort(port) && typeof path === "string" && isText(body) && isText(host) && statuses.every(Number.isInteger);
}

function isPort(found: unknown): found is number {
    return Number.isInteger(found) && Number(found) > 0 && Number(found) < 65_536;
}
