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
    const each = async (work: (path: string) => Promise<void>): Promise<void> => { await Promise.all(paths.map(work)); };
    return {
        path: async (which) => {
            const end = which === "last" ? LAST : "";
            for (const path of paths) if ((await dom0.tail(path + end, 0)) !== undefined) return path + end;
            return "";
        },
        read: async (bytes) => {
            for (const path of paths) {
                const text = await dom0.tail(path, bytes);
                if (text !== undefined) return text;
            }
            return undefined;
        },
        turn: () => each((path) => dom0.rename(path, path + LAST)),
        remove: () => each(async (path) => {
            await dom0.remove(path);
            await dom0.remove(path + LAST);
        }),
    };
}
