import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { child } from "./child";
import type { Figure } from "./figure";

/** What one step asks of a host. */
export interface Asked {
    /**
     * Each wait for the host: the procedures of libvirt (by number) and the scripts by ssh (by purpose) that were sent
     * before the first of them was answered.
     */
    waits: (number | string)[][];
    seconds: number;
}

/** Return the procedures of libvirt in a step. */
export const callsIn = ({ waits }: Asked): number[] => waits.flat().filter((one) => typeof one === "number");

/** Return the purposes of the scripts in a step. */
export const scriptsIn = ({ waits }: Asked): string[] => waits.flat().filter((one) => typeof one === "string");

export interface RoundTrips {
    /** With the connections and the copy of the kernel. */
    first: Asked;
    /** Of a new guest: an engine checks it in a preview, and again before its create. */
    check: Asked;
    create: Asked;
    read: Asked;
    update: Asked;
    /** A refresh of all guests, with the connections. */
    opening: Asked;
    refresh: Asked;
    delete: Asked;
}

interface Ground {
    /** The scratch folder. */
    folder: string;
    /** A connection by ssh, without `command`. */
    uri: string;
    platform: "xen" | "kvm";
    kernel: string;
    guests: number;
    env?: Record<string, string>;
    enter?: string[];
}

/** Count the calls to a host by ssh for each step of some guests' life, when another has copied the kernel. */
export async function roundTrips({ folder, uri, env, enter, ...ground }: Ground): Promise<RoundTrips> {
    const [socket, ssh] = [join(folder, "waves"), join(folder, "ssh")];
    const counter = [process.execPath, join(__dirname, "programs/count-calls.js"), socket]
        .map((word) => `'${word}'`)
        .join(" ");
    // Only libvirt's own connections have this word among their arguments; this package's carry files and scripts.
    await writeFile(
        ssh,
        `#!/bin/sh\ncase "$*" in *virt-ssh-helper*) exec ${counter} "$@";; *) exec ssh "$@";; esac\n`,
        { mode: 0o755 },
    );
    const given = { ...ground, socket, uri: `${uri}&command=${encodeURIComponent(ssh)}` };
    const run = <T>(more: object): Promise<T> => child<T>("round-trips.js", { ...given, ...more }, { env, enter });
    const { states, ...made } = await run<
        Pick<RoundTrips, "first" | "check" | "create" | "read" | "update"> & { states: unknown }
    >({
        part: "make",
    });
    return { ...made, ...(await run<Pick<RoundTrips, "opening" | "refresh" | "delete">>({ part: "rest", states })) };
}

/** Return how often each step waits for the host, as figures. */
export function figuresOf(part: string, guests: number, asked: RoundTrips): Figure[] {
    return (["create", "update", "delete", "refresh"] as const).map((step) => {
        const { waits, seconds } = asked[step];
        return {
            part,
            name: `round trips of ${step === "refresh" ? `a refresh of ${guests}` : `one ${step}`}`,
            unit: "",
            ours: waits.length,
            beside: {
                "calls of libvirt": callsIn(asked[step]).length,
                "scripts by ssh": scriptsIn(asked[step]).length,
            },
            measure: "count",
            value: waits.length,
            note: `${waits.map((group) => group.join(", ")).join("; ")}; ${seconds.toFixed(2)} s, each wait held for 0.15 s`,
        };
    });
}
