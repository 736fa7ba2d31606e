import { AsyncLocalStorage } from "node:async_hooks";
import { mebibytes } from "./progress";

const EVERY = 3000;
/** Milliseconds without a report after which hashing begins again, for the first message. */
const PAUSE = 10_000;

/** Takes what has been hashed of a file. */
type Report = (path: string, bytes: number, total: number) => void;

const reports = new AsyncLocalStorage<Report | undefined>();

/**
 * Run work. While anything inside it hashes files, at any depth, print a line every three seconds; quick work prints
 * nothing. Functions need not pass the log on.
 */
export function withHashProgress<T>(log: (message: string) => void, work: () => T): T {
    return reports.run(reporter(log), work);
}

/** Report that `bytes` of a file have been hashed. */
export function reportHashed(path: string, bytes: number, total: number): void {
    reports.getStore()?.(path, bytes, total);
}

function reporter(log: (message: string) => void): Report {
    let [last, next, files] = [0, 0, 0];
    return (path, bytes, total) => {
        const now = Date.now();
        if (now - last > PAUSE) [next, files] = [now + EVERY, 0];
        last = now;
        if (now >= next) {
            next = now + EVERY;
            const place = files > 0 ? ` (file ${files + 1})` : "";
            log(`hashing ${path}${place}: ${mebibytes(bytes)} of ${mebibytes(total)} MiB`);
        }
        if (bytes >= total) files++;
    };
}
