import type { GuestRef, Observation } from "../../backends";
import type { GuestPlan, UnikernelSpec } from "../../model";
import { namesWhere, unikernelRows } from "../../model/arguments";
import { OTHER_BOOT } from "./diff/diff";
import type { StoredInputs, StoredOutputs } from "./inputs";

/** Return everything that state holds: the engine replaces the whole of it. */
export function outputsOf(
    inputs: StoredInputs,
    observation: Observation,
    plan: Pick<GuestPlan, "boot">,
): StoredOutputs {
    return { ...inputs, ...shown(observation), guestConfig: plan.boot.guestConfig };
}

/** A medium does not run: its state is what was written, and it has none of a guest's outputs. */
function shown({
    host,
    state,
    ipAddresses,
    consoleLog,
    consoleCommand,
    incarnation,
    folder,
    medium,
}: Observation): Partial<StoredOutputs> {
    return state === undefined
        ? { host, ...medium }
        : {
              host,
              state,
              ipAddresses,
              consoleLog,
              consoleCommand,
              incarnation,
              ...(folder === undefined ? {} : { folder }),
          };
}

export function refOf({ connection, uuid, name, urn }: UnikernelSpec): GuestRef {
    return { connection, uuid, name, urn };
}

/** Arguments whose values a read takes from the host. */
export const DRIFTING = namesWhere(unikernelRows, ({ drifts }) => drifts === true);
/** Arguments whose drifted value state shows; other drift shows as a name only. */
const VALUES = DRIFTING.filter((name) => name !== "state" && name !== "kernel");
const SHOWN_ELSEWHERE = new Set<string>([...VALUES, "state", "digests.kernel", "folder"]);

/** Return the properties as the host has them, so that the next diff finds what to correct. */
export function withDrift({ drift: _, ...props }: StoredOutputs, seen: Observation): StoredOutputs {
    const values = Object.fromEntries(
        VALUES.filter((name) => seen.drift[name] !== undefined).map((name) => [name, seen.drift[name]]),
    );
    const kernel = seen.drift["digests.kernel"];
    const named = Object.keys(seen.drift).filter((name) => !SHOWN_ELSEWHERE.has(name));
    // Unknown where another program edited the definition; another one where this package applied another state.
    const edited = seen.bootDigest === undefined && Object.keys(seen.drift).length === 0;
    const other = seen.bootDigest !== undefined && seen.bootDigest !== props.bootDigest;
    const drift = [
        ...named,
        ...(edited ? ["definition"] : []),
        ...(other ? [OTHER_BOOT] : []),
        ...(seen.unfinished ? ["unfinished"] : []),
    ];
    return {
        ...props,
        ...values,
        ...(seen.bootDigest === undefined ? {} : { bootDigest: seen.bootDigest }),
        ...shown(seen),
        digests: typeof kernel === "string" ? { ...props.digests, kernel } : props.digests,
        ...(drift.length > 0 ? { drift } : {}),
    };
}

/**
 * An object that exists but is not as declared. The engine keeps `properties` in state with `reasons`, and updates the
 * resource at the next run.
 */
export class NotReadyError extends Error {
    override readonly name = "NotReadyError";
    constructor(
        readonly id: string,
        readonly properties: Record<string, unknown>,
        readonly reasons: string[],
        options?: ErrorOptions,
    ) {
        super(reasons.join("\n"), options);
    }
}
