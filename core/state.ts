import { SCHEMA_VERSION, UnikernelError } from "../spec";

/** State that a newer release wrote may mean what this one does not know. */
export function refuseNewerState(state: { schemaVersion?: unknown }): void {
    const version = state.schemaVersion;
    if (typeof version !== "number" || version <= SCHEMA_VERSION) return;
    throw new UnikernelError(
        "newer-state",
        `state has schema version ${version}; this release of pulumi-unikernel knows ${SCHEMA_VERSION}`,
        {
            hint: `npm install pulumi-unikernel@latest (a release with schema version ${version} or newer)`,
        },
    );
}

/**
 * Return the version that checked inputs carry. While nothing changes, the guest and its mark stay in the form of the release that made them, and so
 * does state: an upgrade is no difference, and that release still reads what it wrote.
 */
export function schemaVersionAfter(olds: { schemaVersion?: unknown }, unchanged: boolean): number {
    return unchanged && typeof olds.schemaVersion === "number" ? olds.schemaVersion : SCHEMA_VERSION;
}
