import { basename } from "node:path";
import type { Progress } from "../../images";
import { everyFewSeconds, mebibytes } from "../../localFiles";
import { type BlockImageInputs, MIB } from "./schema";

/** Print the progress of a build every few seconds; a short build prints nothing. */
export function progressLog(
    { format, source, output, digest }: BlockImageInputs,
    { log }: { log(message: string): void },
): Progress {
    const name = output ?? (typeof source === "string" ? basename(source) : digest.slice(0, 12));
    return everyFewSeconds((bytes, total) =>
        log(`building the ${format} image of ${name}: ${Math.floor(bytes / MIB)} of ${mebibytes(total)} MiB`),
    );
}
