// Two libvirt hosts that are joined by a bridge, and the namespace from which they are reached by ssh: nothing of the machine's own network is touched.
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { execa } from "execa";

const require = createRequire(import.meta.url);

/** @typedef {import("../../../tests/support/libvirtHost.ts").LibvirtHost} LibvirtHost */
/** @typedef {import("../../../tests/support/sshd.ts").Sshd} Sshd */
/** @typedef {{ name: string, address: string, connection: string, host: LibvirtHost, sshd: Sshd }} DemoHost */
/** @typedef {{ hosts: DemoHost[], enter: string[], close(): Promise<void> }} Lan */

/** The bridge in each namespace, with the guests of a host as its ports. */
export const BRIDGE = "lan0";
const PREFIX = 16;
const GUESTS = "/var/lib/pulumi-unikernel";

/**
 * @param {string} netns
 * @param {string[]} words
 */
const ip = (netns, ...words) => execa("ip", ["-n", netns, ...words]);

/**
 * @param {string} netns
 * @param {string} address
 */
async function addBridge(netns, address) {
    await ip(netns, "link", "add", BRIDGE, "type", "bridge", "forward_delay", "0");
    await ip(netns, "addr", "add", `${address}/${PREFIX}`, "dev", BRIDGE);
    await ip(netns, "link", "set", "lo", "up");
    await ip(netns, "link", "set", BRIDGE, "up");
}

/**
 * Start the hosts, each with an address of its own on one network.
 * @param {Record<string, string>} addresses by the name of the host
 * @param {string} own the address of the namespace that Pulumi runs in
 * @returns {Promise<Lan>}
 */
export async function startLan(addresses, own) {
    // The tests' hosts are TypeScript.
    require("../../../tests/support/typescript.cjs");
    const { startLibvirtHost, sweepLibvirtHosts } = require("../../../tests/support/libvirtHost.ts");
    const { prefix } = require("../../../tests/support/libvirtHostSetup.ts");
    const { ownMounts, startSshd } = require("../../../tests/support/sshd.ts");
    await sweepLibvirtHosts();
    const lan = `${prefix}${process.pid}-lan`;
    /** @type {DemoHost[]} */
    const hosts = [];
    /** @type {(() => Promise<unknown>)[]} */
    const ends = [];
    const close = async () => {
        for (const end of ends.splice(0).reverse()) await end();
    };
    try {
        await execa("ip", ["netns", "add", lan]);
        ends.push(() => execa("ip", ["netns", "del", lan]));
        await addBridge(lan, own);
        for (const [name, address] of Object.entries(addresses)) {
            /** @type {LibvirtHost} */
            const host = await startLibvirtHost();
            ends.push(() => host.close());
            await addBridge(host.netns, address);
            const port = `host-${name}`;
            await ip(lan, "link", "add", port, "type", "veth", "peer", "name", "up0", "netns", host.netns);
            await ip(lan, "link", "set", port, "master", BRIDGE, "up");
            await ip(host.netns, "link", "set", "up0", "master", BRIDGE, "up");
            // Hosts have no file in common.
            await mkdir(GUESTS, { recursive: true });
            await host.inside("mount", "--bind", host.env.PULUMI_UNIKERNEL_DIR, GUESTS);
            const daemon = ownMounts('mount --bind "$1" /run/libvirt', join(host.folder, "sock"));
            /** @type {Sshd} */
            const sshd = await startSshd({ address, enter: [...host.enterInside, ...daemon] });
            ends.push(() => sshd.close());
            hosts.push({ name, address, connection: sshd.uri(), host, sshd });
        }
        return { hosts, enter: ["nsenter", `--net=/run/netns/${lan}`], close };
    } catch (error) {
        await close();
        throw error;
    }
}
