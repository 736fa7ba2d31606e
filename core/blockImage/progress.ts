import { basename } from "node:path";
import type { Progress } from "../../images";
import { MIB, type BlockImageInputs } from "./schema";

const EVERY = 3000;

/** Says how far a build is, every few seconds; a short one says nothing. */
export function progressLog({ format, source, output, digest }: BlockImageInputs, { log }: { log(message: string): void }): Progress {
    const name = output ?? (typeof source === "string" ? basename(source) : digest.slice(0, 12));
    let next = Date.now() + EVERY;
    return (bytes, total) => {
        if (Date.now() < next) return;
        next = Date.now() + EVERY;
        log(`building the ${format} image of ${name}: ${Math.floor(bytes / MIB)} of ${Math.ceil(total / MIB)} MiB`);
    };
}
