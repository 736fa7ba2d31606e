import { randomUUID } from "node:crypto";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { definition, type GuestOf } from "../definition";
import { ABSENT_NETWORK, remove, type SubjectOf, succeeds, UNKNOWN_ARGUMENT } from "./subject";

/** Plain virsh: uuid and MAC are in the definition, the disk is a file. */
export const virsh: SubjectOf = {
    name: "virsh",
    async live({ host, kernel, images, network, name, folder }, event, body) {
        if (event === "image") return;
        const disk = join(folder, "disk.raw");
        const guest: GuestOf = {
            ...{ name, kernel, disk, uuid: randomUUID(), round: "0" },
            network: { name: network, mac: "52:54:00:12:34:56" },
        };
        await copyFile(images.first, disk);
        const changed: GuestOf = {
            ...guest,
            ...(event === "argument" ? { round: "1" } : {}),
            ...(event === "network" ? { network: { ...guest.network!, name: ABSENT_NETWORK } } : {}),
            ...(event === "qemu" ? { qemuArgument: UNKNOWN_ARGUMENT } : {}),
        };
        const define = async (what: GuestOf) => {
            const file = join(folder, "domain.xml");
            await writeFile(file, definition(what));
            return succeeds("virsh", "-c", host.uri, "define", file);
        };
        const stop = () => succeeds("virsh", "-c", host.uri, "destroy", name);
        const start = () => succeeds("virsh", "-c", host.uri, "start", name);
        await body({
            good: async () => (await define(guest)) && (await start()),
            happen: async () => (await define(changed)) && (await stop()) && (await start()),
        });
        await remove(host, name);
    },
};
