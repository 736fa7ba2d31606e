// The guests that run on the hosts, by the daemons' own records of QEMU's processes: without Pulumi and this package.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** @typedef {import("./hosts.mjs").DemoHost} DemoHost */
/** @typedef {{ at: number, running: number }} Sample */

/**
 * The pid of each guest that runs on a host, by its name.
 * @param {DemoHost} host
 * @returns {Record<string, number>}
 */
export function processesOn({ host }) {
    const folder = join(host.folder, "run", "qemu");
    const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".pid")) : [];
    return Object.fromEntries(
        names.flatMap((name) => {
            try {
                const pid = Number(readFileSync(join(folder, name), "utf8"));
                const guest = name.slice(0, -".pid".length);
                return guest !== "driver" && existsSync(`/proc/${pid}`) ? [[guest, pid]] : [];
            } catch {
                return []; // it has ended since
            }
        }),
    );
}

/** @param {readonly DemoHost[]} hosts */
export const processesOf = (hosts) => Object.assign({}, ...hosts.map(processesOn));

/**
 * Count the guests once a second.
 * @param {readonly DemoHost[]} hosts
 */
export function startCensus(hosts) {
    /** @type {Sample[]} */
    const samples = [];
    const timer = setInterval(() => {
        samples.push({ at: Date.now(), running: Object.keys(processesOf(hosts)).length });
    }, 1000);
    return { samples, stop: () => clearInterval(timer) };
}
