import type { KeptConsole } from "../libvirt/platform";
import type { Dom0 } from "./dom0";

/** Where xenconsoled keeps what a guest prints, where it is told to (--log=guest): its own default, and the folder above. */
const FOLDERS = ["/var/log/xen/console", "/var/log/xen"];

/** Beside its log, what the guest printed at the boot before. */
const LAST = ".last";

/**
 * The log of a guest's console on a Xen host. libvirt's own (`<log file>`) is virtlogd's, which only its QEMU driver asks;
 * xenconsoled appends to one file for all boots of a name, so each boot of ours begins by moving it aside.
 */
export function xenConsole(dom0: Dom0, name: string): KeptConsole {
    const paths = FOLDERS.map((folder) => `${folder}/guest-${name}.log`);
    return {
        path: async (which) =>
            (await dom0.tail(0, ...paths.map((path) => (which === "last" ? path + LAST : path))))?.path ?? "",
        read: async (bytes) => (await dom0.tail(bytes, ...paths))?.text,
        size: async () => (await dom0.tail(0, ...paths))?.size,
        turn: () => dom0.rename(...paths.map((path): [string, string] => [path, path + LAST])),
        remove: () => dom0.remove(...paths.flatMap((path) => [path, path + LAST])),
    };
}
