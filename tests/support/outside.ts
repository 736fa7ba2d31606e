import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { LibvirtHost } from "./libvirtHost";
import { capture } from "./processes";

/** What a host holds, collected without any code of the product. */
export interface Outside {
    /** Every domain's state, by name. */
    domains: Record<string, string>;
    /** Names of the guests that run in QEMU. */
    processes: string[];
    /** Files of each guest by the name of their folder, without console logs; content in the store that no guest uses. */
    files: Record<string, string[]>;
    /** `mac ip` of each reservation on the network. */
    reservations: string[];
}

export async function outside(host: LibvirtHost, network?: string): Promise<Outside> {
    const names = lines(await host.virsh("list", "--all", "--name"));
    const states = await Promise.all(names.map(async (name) => [name, await host.virsh("domstate", name)] as const));
    return {
        domains: Object.fromEntries(states),
        processes: await processes(host),
        files: files(host),
        reservations: network ? await reservations(host, network) : [],
    };
}

/**
 * Return the guests that QEMU runs in the host's network: other hosts on this machine may have guests of the same name.
 */
async function processes(host: LibvirtHost): Promise<string[]> {
    const pids = lines((await capture("ip", ["netns", "pids", host.netns])).stdout);
    return pids
        .flatMap((pid) => {
            try {
                const { guest } =
                    /\0-name\0guest=(?<guest>[^,]+),/.exec(readFileSync(`/proc/${pid}/cmdline`, "utf8"))?.groups ?? {};
                return guest ?? [];
            } catch {
                return []; // it has ended meanwhile
            }
        })
        .sort();
}

function files({ env: { PULUMI_UNIKERNEL_DIR: base } }: LibvirtHost): Record<string, string[]> {
    const all = readdirSync(base).sort();
    const filesIn = (folder: string): string[] =>
        readdirSync(join(base, folder))
            .filter((name) =>
                folder === STORE
                    ? lstatSync(join(base, folder, name)).nlink === 1
                    : !/^console\.(last\.)?log$/.test(name),
            )
            .sort();
    return Object.fromEntries(
        all
            .map((folder) => [folder, filesIn(folder)] as const)
            .filter(([folder, names]) => folder !== STORE || names.length > 0),
    );
}

/** The folder of the content that guests share: all of it has links in their folders. */
const STORE = "shared";

async function reservations(host: LibvirtHost, network: string): Promise<string[]> {
    const xml = await host.virsh("net-dumpxml", network);
    return [...xml.matchAll(/<host mac='([^']+)'[^>]* ip='([^']+)'/g)].map(([, mac, ip]) => `${mac} ${ip}`).sort();
}

/** Return the lines that are not empty, in order. */
export const lines = (text: string): string[] =>
    text
        .split("\n")
        .map((line) => line.trim())
        .filter(Boolean)
        .sort();
