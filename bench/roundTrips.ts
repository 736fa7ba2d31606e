import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { child } from "./child";
import type { Figure } from "./figure";

/** What one step asks of a host. */
export interface Asked {
    /** Procedures by number, in the order of the calls. */
    libvirt: number[];
    /** Purposes of the scripts by ssh. */
    scripts: string[];
    /** How often it waited for an answer: calls that are sent together wait once. */
    waits: number;
    seconds: number;
}

export interface RoundTrips {
    /** With the connections and the copy of the kernel. */
    first: Asked;
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
    const [log, ssh] = [join(folder, "calls"), join(folder, "ssh")];
    await writeFile(log, "");
    const counter = [process.execPath, join(__dirname, "programs/count-calls.js"), log]
        .map((word) => `'${word}'`)
        .join(" ");
    // Only libvirt's own connections have this word among their arguments; this package's carry files and scripts.
    await writeFile(
        ssh,
        `#!/bin/sh\ncase "$*" in *virt-ssh-helper*) exec ${counter} "$@";; *) exec ssh "$@";; esac\n`,
        { mode: 0o755 },
    );
    const given = { ...ground, log, uri: `${uri}&command=${encodeURIComponent(ssh)}` };
    const run = <T>(more: object): Promise<T> => child<T>("round-trips.js", { ...given, ...more }, { env, enter });
    const { states, ...made } = await run<
        Pick<RoundTrips, "first" | "create" | "read" | "update"> & { states: unknown }
    >({
        part: "make",
    });
    return { ...made, ...(await run<Pick<RoundTrips, "opening" | "refresh" | "delete">>({ part: "rest", states })) };
}

/** Return how often each step waits for the host, as figures. */
export function figuresOf(part: string, guests: number, asked: RoundTrips): Figure[] {
    return (["create", "update", "delete", "refresh"] as const).map((step) => {
        const { libvirt, scripts, waits, seconds } = asked[step];
        return {
            part,
            name: `round trips of ${step === "refresh" ? `a refresh of ${guests}` : `one ${step}`}`,
            unit: "",
            ours: waits,
            beside: { "calls of libvirt": libvirt.length, "scripts by ssh": scripts.length },
            measure: "count",
            value: waits,
            note: `procedures ${libvirt.join(" ")}; ${scripts.join(", ")}; ${seconds.toFixed(2)} s`,
        };
    });
}
