import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface FloorDomain {
    name: string;
    /** File with its definition. */
    file: string;
    /** File with the changed definition. */
    changed: string;
}

/**
 * The same operations by virsh: each process gets a batch of commands, with the number of processes that is fastest for
 * the operation.
 */
export class Virsh {
    /** @param connections upper limit of concurrent processes; where a connection is expensive, few are faster */
    constructor(
        private readonly uri: string,
        private readonly connections = Infinity,
    ) {}

    /** Starting is bound by the processor, so a few batches are fastest. */
    up(domains: FloorDomain[]): Promise<void> {
        return this.batches(domains, 4, ({ name, file }) => `define ${file}; start ${name}`);
    }

    /** Stopping is bound by waiting, so all run at once. */
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
