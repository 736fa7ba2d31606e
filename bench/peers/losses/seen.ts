import { open } from "node:fs/promises";
import type { LibvirtHost } from "../../../tests/support/libvirtHost";

const MARK = { at: 4096, text: "written by the guest" };

/** What is seen of a guest from outside of the tools. */
export interface Seen {
    uuid: string;
    mac: string;
    /** Pid of its QEMU, "" when none runs. */
    process: string;
    /** The data that the guest wrote are on its disk. */
    data: boolean;
    /** How it would start next, without the metadata of tools. */
    definition: string;
}

/** Return the guest's one disk, after writing to it as the guest would. */
export async function mark(host: LibvirtHost, name: string): Promise<string> {
    const disk = await diskOf(host, await host.virsh("dumpxml", name));
    if (!disk) throw new Error("the guest has no disk");
    const file = await open(disk, "r+");
    try {
        await file.write(MARK.text, MARK.at);
    } finally {
        await file.close();
    }
    return disk;
}

/** Return the file of the disk that a definition names by itself or by its storage pool. */
async function diskOf(host: LibvirtHost, xml: string): Promise<string | undefined> {
    const [, pool, volume] = /<source pool='([^']+)' volume='([^']+)'/.exec(xml) ?? [];
    if (pool && volume) return host.virsh("vol-path", "--pool", pool, volume);
    return /<disk .*?<source file='([^']+)'/s.exec(xml)?.[1];
}

/** Look at the guest by virsh and at its disk; undefined when libvirt has no such guest. */
export async function see(host: LibvirtHost, name: string, formerDisk: string): Promise<Seen | undefined> {
    const defined = (await host.virsh("list", "--all", "--name")).split("\n").includes(name);
    if (!defined) return undefined;
    const xml = await host.virsh("dumpxml", name);
    const disk = (await diskOf(host, xml)) ?? formerDisk;
    return {
        uuid: /<uuid>([^<]+)/.exec(xml)?.[1] ?? "",
        mac: /<mac address='([^']+)'/.exec(xml)?.[1] ?? "",
        process: await host.guestProcess(name),
        data: await hasMark(disk),
        definition: (await host.virsh("dumpxml", "--inactive", name)).replace(/<metadata>.*<\/metadata>\s*/s, ""),
    };
}

async function hasMark(disk: string): Promise<boolean> {
    const file = await open(disk, "r").catch(() => undefined);
    if (!file) return false;
    try {
        const { buffer } = await file.read(Buffer.alloc(MARK.text.length), 0, MARK.text.length, MARK.at);
        return buffer.toString() === MARK.text;
    } finally {
        await file.close();
    }
}
