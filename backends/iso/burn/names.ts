import { realpath } from "node:fs/promises";
import { join, resolve, sep } from "node:path";

import { namesIn, type Roots } from "./roots";

/**
 * The folders of names that stay with a device or with its port. The names in by-uuid, by-label and by-partuuid come
 * from the device's content, which a burn replaces: they would not resolve to it a second time.
 */
const LASTING = ["by-id", "by-path"];

/** Return whether a name keeps its meaning when other devices are plugged in. */
export function isLasting(device: string, { dev }: Roots): boolean {
    const path = resolve(device);
    return LASTING.some((folder) => path.startsWith(join(dev, "disk", folder) + sep));
}

/** Return the lasting names that resolve to a node, by-id first. */
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
