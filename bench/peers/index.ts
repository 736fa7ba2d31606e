import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { LibvirtHost } from "../../tests/support/libvirtHost";
import type { Figure } from "../figure";
import type { Place } from "../place";
import type { Table } from "../table";
import { figuresOf, type Measured, tableOf } from "./figures";
import { dynamic, engineAlone, plugin } from "./ours";
import { nameOf, type Peer, range } from "./peer";
import { ensurePrograms } from "./programs";
import { guestMemory } from "./pss";
import { tofu } from "./tofu";
import { virsh } from "./virsh";
import { virtInstall } from "./virtInstall";

export interface PeersOptions {
    /** Fleets to measure, by their number of guests. */
    guests: readonly number[];
    /** @default 3 */
    runs?: number;
}

/** Measure the same guests by other tools and by this package. */
export async function peers(
    place: Place,
    { guests, runs = 3 }: PeersOptions,
): Promise<{ figures: Figure[]; tables: Table[] }> {
    const programs = await ensurePrograms(place.log);
    const host = await place.host();
    const tools = [virsh, tofu(programs), virtInstall, dynamic, plugin, engineAlone];
    const figures: Figure[] = [];
    const tables: Table[] = [];
    for (const count of guests) {
        const measured = await measure(place, host, tools, count, runs);
        figures.push(...figuresOf(count, measured));
        tables.push(tableOf(count, runs, measured));
    }
    return { figures, tables };
}

/** Alternate between the tools, so that other load on the machine affects all alike; every second run goes backwards. */
async function measure(
    place: Place,
    host: LibvirtHost,
    tools: readonly Peer[],
    guests: number,
    runs: number,
): Promise<Measured[]> {
    const kernel = await place.kernel();
    const measured: Measured[] = tools.map(({ name, alone }) => ({ name, alone, lives: [], memory: [] }));
    for (let run = 0; run < runs; run++) {
        const order = [...tools.keys()];
        for (const index of run % 2 === 0 ? order : order.reverse()) {
            const [tool, result] = [tools[index], measured[index]];
            if (!tool || !result) continue;
            place.log(`peers: run ${run + 1} of ${runs}: ${guests} guests by ${tool.name}`);
            const folder = join(place.folder, `peers-${guests}-${run}-${index}`);
            await mkdir(folder);
            try {
                result.lives.push(
                    await tool.live({ host, kernel, guests, folder }, async (count) => {
                        await expectRunning(host, count);
                        if (count === guests) result.memory.push(await guestMemory(host, range(0, count).map(nameOf)));
                    }),
                );
                await expectRunning(host, 0);
            } catch (error) {
                await clear(host);
                throw new Error(`${tool.name}: ${(error as Error).message}`);
            }
        }
    }
    return measured;
}

const namesOf = async (host: LibvirtHost, ...options: string[]): Promise<string[]> =>
    (await host.virsh("list", "--name", ...options)).split("\n").filter(Boolean);

/** Throw unless so many guests run and no others are defined: a tool that made fewer would look fast. */
async function expectRunning(host: LibvirtHost, count: number): Promise<void> {
    const [running, defined] = [await namesOf(host), await namesOf(host, "--all")];
    if (running.length !== count || defined.length !== count)
        throw new Error(`${running.length} guests run and ${defined.length} are defined, not ${count}`);
}

/** Remove every guest of the bench's host. */
async function clear(host: LibvirtHost): Promise<void> {
    for (const name of await namesOf(host)) await host.virsh("destroy", name).catch(() => undefined);
    for (const name of await namesOf(host, "--all")) await host.virsh("undefine", name).catch(() => undefined);
}
