import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { capture } from "../../../tests/support/processes";
import { commandLine } from "../definition";
import { edit, escaped, install, installArguments } from "../virtInstall";
import { ABSENT_NETWORK, type Event, remove, type SubjectOf, succeeds, UNKNOWN_ARGUMENT } from "./subject";

/** virt-install, and virt-xml with a restart for each change. */
export const virtInstall: SubjectOf = {
    name: "virt-install",
    async live({ host, kernel, images, network, name, folder }, event, body) {
        if (event === "image") return;
        const disk = join(folder, "disk.raw");
        await copyFile(images.first, disk);
        const edits: Record<Exclude<Event, "image">, string[]> = {
            argument: ["--boot", `kernel_args=${escaped(commandLine("1"))}`],
            network: ["--network", `source=${ABSENT_NETWORK}`],
            qemu: [`--qemu-commandline=${UNKNOWN_ARGUMENT}`],
        };
        const devices = { disk: `path=${disk},format=raw,bus=virtio`, network: `network=${network},model=virtio` };
        const mends: Record<Exclude<Event, "image">, string[]> = {
            argument: ["--boot", `kernel_args=${escaped(commandLine("0"))}`],
            network: ["--network", `source=${network}`],
            qemu: ["--qemu-commandline=clearxml=yes"],
        };
        const restart = async () => {
            await capture("virsh", ["-c", host.uri, "destroy", name]);
            return succeeds("virsh", "-c", host.uri, "start", name);
        };
        const editing = (args: string[]) =>
            edit(host, name, args).then(
                () => true,
                () => false,
            );
        let installed = false;
        await body({
            good: async () => {
                if (installed) return (await editing(mends[event])) && (await restart());
                await install(host, installArguments(name, kernel, "0", devices));
                installed = true;
                return true;
            },
            happen: async () => (await editing(edits[event])) && (await restart()),
        });
        await remove(host, name);
    },
};
