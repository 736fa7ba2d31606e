import { realpath } from "node:fs/promises";
import { join, resolve, sep } from "node:path";

import { namesIn, type Roots } from "./roots";

/**
 * The folders of names that stay with a device or with the place it is plugged in. The names in by-uuid, by-label
 * and by-partuuid are made of what is on the device, which a burn replaces: they would not lead there a second time.
 */
const LASTING = ["by-id", "by-path"];

/** The name stays, whatever else is plugged in. */
export function isLasting(device: string, { dev }: Roots): boolean {
    const path = resolve(device);
    return LASTING.some((folder) => path.startsWith(join(dev, "disk", folder) + sep));
}

/** The lasting names that lead to a node, by-id first. */
export async function lastingNames(node: string, { dev }: Roots): Promise<string[]> {
    const found: string[] = [];
    for (const folder of LASTING) {
        for (const name of await namesIn(join(dev, "disk", folder))) {
            const path = join(dev, "disk", folder, name);
            if ((await realpath(path).catch(() => undefined)) === node) found.push(path);
        }
    }
    return found;
}
