import { canonical } from "../../../model";
import type { LibvirtHost } from "../../support/libvirtHost";
import { lines, outside } from "../../support/outside";
import type { Program } from "../memory/program";
import { macOf, net } from "./declared";

/** Return what of the hosts is not as declared, as virsh and the files say it. @param counts of each disk, brought up to date */
export async function differences(
    hosts: LibvirtHost[],
    { networks, guests }: Program,
    counts: Map<string, number>,
): Promise<string[]> {
    const found: string[] = [];
    for (const [index, host] of hosts.entries()) {
        const mine = [...guests.values()].filter((guest) => guest.host === index);
        const say = (text: string): void => void found.push(`host ${index}: ${text}`);
        const { domains, processes } = await outside(host);
        const states = { running: "running", stopped: "shut off", paused: "paused" };
        same(
            say,
            "domains",
            domains,
            Object.fromEntries(mine.map(({ number, state }) => [`guest-${number}`, states[state]])),
        );
        same(
            say,
            "processes",
            processes,
            mine.flatMap(({ number, state }) => (state === "stopped" ? [] : [`guest-${number}`])).sort(),
        );
        for (const guest of mine)
            for (const text of await ofGuest(host, guest, counts)) say(`guest-${guest.number} ${text}`);
        const declared = [...networks].filter(([, network]) => network.host === index).map(([name]) => name);
        same(say, "networks", lines(await host.virsh("net-list", "--all", "--name")), declared.sort());
        for (const name of declared) {
            const reserved = mine
                .filter((guest) => guest.network === name && guest.address !== undefined)
                .map(({ number, address }) => `${macOf(number)} ${net(name)}.${address}`);
            same(say, `reservations of ${name}`, (await outside(host, name)).reservations, reserved.sort());
        }
    }
    // Each host has a file system of its own under the folder's name.
    const base = hosts[0]!.env.PULUMI_UNIKERNEL_DIR;
    const known = new Set(
        await Promise.all(
            [...guests.values()].map((guest) =>
                hosts[guest.host]!.virsh("domuuid", `guest-${guest.number}`).catch(() => ""),
            ),
        ),
    );
    for (const [index, host] of hosts.entries())
        for (const path of lines(await host.inside("find", base, "-type", "f", "-printf", "%P\\n"))) {
            const data = /\.(persist|kept)\./.test(path);
            const [folder = ""] = path.split("/");
            if (folder !== "shared" && !known.has(folder) && !data) found.push(`host ${index}: orphan file ${path}`);
        }
    return found;
}

async function ofGuest(
    host: LibvirtHost,
    guest: { number: number; memory: number; network?: string; disks: Map<string, string>; state: string },
    counts: Map<string, number>,
): Promise<string[]> {
    const found: string[] = [];
    const name = `guest-${guest.number}`;
    const xml = await host.virsh("dumpxml", "--inactive", name).catch(() => "");
    if (!/phase=.ready./.test(xml)) found.push("is not marked as ready");
    const memory = guest.disks.size > 0 ? guest.memory + 64 : guest.memory;
    if (!xml.includes(`<memory unit='KiB'>${memory * 1024}</memory>`)) found.push(`has not ${memory} MiB`);
    if (guest.network !== undefined && !xml.includes(`network='${guest.network}'`))
        found.push(`is not on ${guest.network}`);
    const [, log] = /<log file='([^']+)'/.exec(xml) ?? [];
    if (log === undefined || guest.state !== "running") return found;
    // A line for each boot, of this guest alone: nothing is lost, and nothing is another's.
    for (const [, disk = "", text = ""] of (await host.inside("cat", log)).matchAll(/^written (\S+): (.*)\.\r?$/gm)) {
        if (guest.disks.get(disk) !== "persist") continue;
        const words = text.trim().split(/\s+/);
        const numbers = words.filter((_, index) => index % 2 === 1).map(Number);
        if (words.some((word, index) => index % 2 === 0 && word !== name))
            found.push(`${disk} has data of another: ${text}`);
        if (numbers.some((number, index) => number !== index + 1)) found.push(`${disk} has lost data: ${text}`);
        const before = counts.get(`${name} ${disk}`) ?? 0;
        if (numbers.length < before) found.push(`${disk} has ${numbers.length} lines, ${before} before`);
        counts.set(`${name} ${disk}`, numbers.length);
    }
    return found;
}

function same(say: (text: string) => void, what: string, seen: unknown, declared: unknown): void {
    const [one, other] = [seen, declared].map(canonical);
    if (one !== other) say(`${what}: ${one}, declared ${other}`);
}
