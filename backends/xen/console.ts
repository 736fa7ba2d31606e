import type { KeptConsole } from "../libvirt/platform";
import { consoleOutput } from "./consoleOutput";
import type { Dom0 } from "./dom0";

/** The folders in which xenconsoled keeps guests' output with --log=guest: its default, and the folder above. */
const FOLDERS = ["/var/log/xen/console", "/var/log/xen"];

/** Suffix of the log of the previous boot. */
const LAST = ".last";

/**
 * Return the log of a guest's console on a Xen host. libvirt's own log (`<log file>`) comes from virtlogd, which only
 * the QEMU driver uses. xenconsoled appends all boots of a name to one file, so each start by us first renames it.
 * @param besideFiles the guests' files are reached by the same login
 */
export function xenConsole(dom0: Dom0, name: string, besideFiles = false): KeptConsole {
    const paths = FOLDERS.map((folder) => `${folder}/guest-${name}.log`);
    const renames = paths.map((path): [string, string] => [path, path + LAST]);
    return {
        path: async (which) =>
            (await dom0.tail(0, ...paths.map((path) => (which === "last" ? path + LAST : path))))?.path ?? "",
        read: async (bytes) => (await dom0.tail(bytes, ...paths))?.text,
        ...(dom0.tailUnless ? { end: async (bytes, known) => dom0.tailUnless?.(known, bytes, ...paths) } : {}),
        size: async () => (await dom0.tail(0, ...paths))?.size,
        output: (options) => consoleOutput(dom0, { present: paths, last: paths.map((path) => path + LAST) }, options),
        rotate: () => dom0.rename(...renames),
        ...(besideFiles ? { renames } : {}),
        remove: () => dom0.remove(...paths.flatMap((path) => [path, path + LAST])),
    };
}
