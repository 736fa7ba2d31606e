import { SCHEMA_VERSION, UnikernelError } from "../spec";

/** State that a newer release wrote may mean what this one does not know. */
export function refuseNewerState(state: { schemaVersion?: unknown }): void {
    const version = state.schemaVersion;
    if (typeof version !== "number" || version <= SCHEMA_VERSION) return;
    throw new UnikernelError("newer-state", `state has schema version ${version}; this release of pulumi-unikernel knows ${SCHEMA_VERSION}`, {
        hint: `npm install pulumi-unikernel@latest (a release with schema version ${version} or newer)`,
    });
}
