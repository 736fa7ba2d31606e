import { SCHEMA_VERSION } from "../../spec";
import { compact } from "./inputs";
import type { StoredOutputs } from "./inputs";
import type { GuestRef, Observation } from "../../backends/backend";
import type { GuestPlan, UnikernelInputs, UnikernelSpec } from "../../spec";

type Properties = Record<string, unknown>;

/** The whole of what state holds: anything left out would be wiped. */
export function outputsOf(inputs: UnikernelInputs, observation: Observation, plan: Pick<GuestPlan, "boot">): StoredOutputs {
    return compact({
        ...inputs,
        schemaVersion: SCHEMA_VERSION,
        host: observation.host,
        state: observation.state,
        ipAddresses: observation.ipAddresses,
        consoleLog: observation.consoleLog,
        consoleCommand: observation.consoleCommand,
        guestConfig: plan.boot.guestConfig,
    });
}

export function refOf({ connection, uuid, name, urn }: UnikernelSpec): GuestRef {
    return { connection, uuid, name, urn };
}

/**
 * An object that exists and is not as it should be. The engine keeps `properties` in state with `reasons`, and updates
 * the resource at the next run.
 */
export class NotReadyError extends Error {
    override readonly name = "NotReadyError";
    constructor(readonly id: string, readonly properties: Properties, readonly reasons: string[], options?: ErrorOptions) {
        super(reasons.join("\n"), options);
    }
}
