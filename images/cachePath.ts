import { join } from "node:path";
import { cacheFolder, makeCacheFolder } from "../localFiles";
import type { ImageFormat } from "../model";
import { endings } from "./formats";

/** Return the path of an image in the cache. A build without an `output` writes it. */
export function cachePath(digest: string, format: ImageFormat): string {
    return join(cacheFolder("images"), `${digest}.${endings[format]}`);
}

/** Create the folder of cachePath's files. */
export async function makeImageFolder(): Promise<void> {
    await makeCacheFolder("images");
}
