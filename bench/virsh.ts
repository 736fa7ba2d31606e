import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface FloorDomain {
    name: string;
    /** File with its definition. */
    file: string;
    /** File with the definition that the change leads to. */
    changed: string;
}

/**
 * What a person with virsh would need for the same: each virsh process gets a batch of commands,
 * as many processes at a time as is best for the work.
 */
export class Virsh {
    /** @param connections at most so many at a time; where each is dear, few are faster */
    constructor(
        private readonly uri: string,
        private readonly connections = Infinity,
    ) {}

    /** Starting is bound by the processor: a few batches. */
    up(domains: FloorDomain[]): Promise<void> {
        return this.batches(domains, 4, ({ name, file }) => `define ${file}; start ${name}`);
    }

    /** Stopping is bound by waiting: all at once. */
    change(domains: FloorDomain[]): Promise<void> {
        return this.batches(
            domains,
            domains.length,
            ({ name, changed }) => `define ${changed}; destroy ${name}; start ${name}`,
        );
    }

    down(domains: FloorDomain[]): Promise<void> {
        return this.batches(domains, domains.length, ({ name }) => `destroy ${name}; undefine ${name}`);
    }

    async one(...args: string[]): Promise<string> {
        return (await run("virsh", ["-q", "-c", this.uri, ...args], { maxBuffer: 1 << 26 })).stdout;
    }

    private async batches(
        domains: FloorDomain[],
        processes: number,
        command: (domain: FloorDomain) => string,
    ): Promise<void> {
        const count = Math.min(processes, this.connections);
        const batches = Array.from({ length: count }, (_, index) =>
            domains.filter((_domain, at) => at % count === index),
        );
        await Promise.all(
            batches.filter((batch) => batch.length > 0).map((batch) => this.one(batch.map(command).join("; "))),
        );
    }
}
