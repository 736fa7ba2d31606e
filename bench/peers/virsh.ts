import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { timed } from "../figure";
import { type FloorDomain, Virsh } from "../virsh";
import { definition } from "./definition";
import { type Ground, MORE, nameOf, type Peer, range } from "./peer";

/** Plain virsh with definitions that are ready, each operation with the number of processes that is fastest for it. */
export const virsh: Peer = {
    name: "virsh",
    async live(ground, up) {
        const tool = new Virsh(ground.host.uri);
        const domains = await write(ground);
        const [first, more] = [domains.slice(0, ground.guests), domains.slice(ground.guests)];
        const create = (await timed(() => tool.up(first))).seconds;
        await up(first.length);
        const change = (await timed(() => tool.change(first))).seconds;
        const later = (await timed(() => tool.up(more))).seconds;
        await up(domains.length);
        const destroy = (await timed(() => tool.down(domains))).seconds;
        return { create, change, more: later, destroy };
    },
};

/** Do work while the guests of `create` run. */
export async function withGuests<T>(ground: Ground, work: () => Promise<T>): Promise<T> {
    const tool = new Virsh(ground.host.uri);
    const domains = (await write(ground)).slice(0, ground.guests);
    await tool.up(domains);
    const result = await work();
    await tool.down(domains);
    return result;
}

async function write({ folder, kernel, guests }: Ground): Promise<FloorDomain[]> {
    return Promise.all(
        range(0, guests + MORE).map(async (index) => {
            const [name, uuid] = [nameOf(index), randomUUID()];
            const domain = { name, file: join(folder, `${name}.xml`), changed: join(folder, `${name}.changed.xml`) };
            await writeFile(domain.file, definition({ name, uuid, kernel, round: "0" }));
            await writeFile(domain.changed, definition({ name, uuid, kernel, round: "1" }));
            return domain;
        }),
    );
}
