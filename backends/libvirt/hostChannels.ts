import type { Duplex } from "node:stream";

/** Connections that begin on the host, to addresses as it sees them. */
export interface HostChannels {
    /**
     * Return why the host opens none; undefined where it does.
     * @throws UnikernelError `unreachable` …
     */
    refusal(): Promise<string | undefined>;
    /**
     * Connect, and resolve when the other side has accepted. Whoever gets the connection destroys it.
     * @param signal gives the attempt up; it has no effect on a connection that is accepted
     */
    open(address: string, port: number, signal: AbortSignal): Promise<Duplex>;
}
