// The state of the host without Pulumi and this package: virsh, /proc, connect(), ls.
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createConnection } from "node:net";
import { promisify } from "node:util";

const run = promisify(execFile);

/** @typedef {{ name: string, uuid: string, macs: string[] }} Identity */

/**
 * @param {string} uri
 * @param {string[]} args
 */
async function virsh(uri, ...args) {
    const { stdout } = await run("virsh", ["-c", uri, ...args]);
    return stdout
        .split("\n")
        .map((line) => line.trim())
        .filter(Boolean);
}

/**
 * uuid and MACs of a domain, from its definition.
 * @param {string} uri
 * @param {string} name
 * @returns {Promise<Identity>}
 */
export async function identity(uri, name) {
    const xml = (await virsh(uri, "dumpxml", name)).join("\n");
    const uuid = /<uuid>([^<]+)<\/uuid>/.exec(xml)?.[1];
    if (!uuid) throw new Error(`found no UUID in the definition of ${name}`);
    const macs = [...xml.matchAll(/[0-9a-f]{2}(?::[0-9a-f]{2}){5}/g)].map(([mac]) => mac);
    return { name, uuid, macs: [...new Set(macs)].sort() };
}

/** @param {string} uri */
export async function domainNames(uri) {
    return virsh(uri, "list", "--all", "--name");
}

/**
 * Running processes with one of the words in their command line.
 * @param {string[]} words
 */
function processesNaming(words) {
    return readdirSync("/proc")
        .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
        .flatMap((pid) => {
            try {
                const command = readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ");
                return words.some((word) => command.includes(word)) ? [`pid ${pid}: ${command.slice(0, 80)}`] : [];
            } catch {
                return []; // it has ended since
            }
        });
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
export function portAnswers(port, address = "127.0.0.1") {
    return new Promise((resolve) => {
        const socket = createConnection({ port, host: address, timeout: 2000 });
        /** @param {boolean} open */
        const end = (open) => {
            socket.destroy();
            resolve(open);
        };
        socket
            .once("connect", () => end(true))
            .once("error", () => end(false))
            .once("timeout", () => end(false));
    });
}

/**
 * @param {string} uri
 * @param {string[]} macs
 */
async function reservationsOf(uri, macs) {
    /** @type {string[]} */
    const found = [];
    for (const network of await virsh(uri, "net-list", "--all", "--name")) {
        const xml = (await virsh(uri, "net-dumpxml", network)).join("\n");
        found.push(
            ...macs.filter((mac) => xml.includes(mac)).map((mac) => `network ${network} still reserves for ${mac}`),
        );
    }
    return found;
}

/**
 * Everything of these guests that is still on the host; empty when nothing is.
 * @param {string} uri
 * @param {Identity[]} guests read while they ran
 * @param {number[]} ports
 * @param {string[]} places files and folders that were theirs
 */
export async function leftovers(uri, guests, ports, places) {
    const names = new Set(guests.map((guest) => guest.name));
    const uuids = guests.map((guest) => guest.uuid);
    const open = await Promise.all(
        ports.map(async (port) => ((await portAnswers(port)) ? [`port ${port} still answers`] : [])),
    );
    const files = places.filter((place) => existsSync(place)).map((place) => `file ${place}`);
    return [
        ...(await domainNames(uri)).filter((name) => names.has(name)).map((name) => `domain ${name}`),
        ...processesNaming(uuids),
        ...open.flat(),
        ...files,
        ...(await reservationsOf(
            uri,
            guests.flatMap((guest) => guest.macs),
        )),
    ];
}
