import type { LibvirtHost } from "../../tests/support/libvirtHost";
import { must } from "../../tests/support/processes";
import { timed } from "../figure";
import { Virsh } from "../virsh";
import { commandLine, MEMORY } from "./definition";
import { MORE, nameOf, type Peer, range } from "./peer";

/** Starting is bound by the processor, as it is for virsh. */
const AT_ONCE = 4;

/** Return the kernel's arguments as virt-install's option parser takes them: quotes escaped, commas doubled. */
export const escaped = (text: string): string => text.replaceAll('"', '\\"').replaceAll(",", ",,");

/** Arguments that describe the guest; `disk` and `network` in virt-install's own words. */
export const installArguments = (
    name: string,
    kernel: string,
    round: string,
    { disk = "none", network = "none" }: { disk?: string; network?: string } = {},
): string[] => [
    ...["--name", name, "--memory", String(MEMORY), "--vcpus", "1", "--virt-type", "qemu", "--import"],
    ...["--disk", disk, "--network", network, "--graphics", "none", "--noautoconsole", "--quiet"],
    ...["--osinfo", "detect=off,require=off"],
    ...["--boot", `kernel=${kernel},kernel_args=${escaped(commandLine(round))}`],
];

export const install = (host: LibvirtHost, args: string[]): Promise<string> =>
    must("virt-install", ["--connect", host.uri, ...args]);

/** Change the definition of a guest; it applies from the next start. */
export const edit = (host: LibvirtHost, name: string, args: string[]): Promise<string> =>
    must("virt-xml", ["--connect", host.uri, name, "--edit", ...args]);

/** Work on all, a few at once. */
async function each(indexes: number[], work: (name: string) => Promise<unknown>): Promise<void> {
    const waiting = [...indexes];
    const worker = async () => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await work(nameOf(next));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** virt-install, and virt-xml for the change. It plans and destroys nothing, so virsh removes its guests, untimed. */
export const virtInstall: Peer = {
    name: "virt-install",
    async live({ host, kernel, guests }, up) {
        const add = (from: number, to: number, round: string) =>
            timed(() => each(range(from, to), (name) => install(host, installArguments(name, kernel, round))));
        const { seconds: create } = await add(0, guests, "0");
        await up(guests);
        const { seconds: change } = await timed(() =>
            each(range(0, guests), async (name) => {
                await edit(host, name, ["--boot", `kernel_args=${escaped(commandLine("1"))}`]);
                await host.virsh(`destroy ${name}; start ${name}`);
            }),
        );
        const { seconds: more } = await add(guests, guests + MORE, "1");
        await up(guests + MORE);
        await new Virsh(host.uri).down(
            range(0, guests + MORE).map((index) => ({ name: nameOf(index), file: "", changed: "" })),
        );
        return { create, change, more };
    },
};
