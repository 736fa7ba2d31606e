import { SCHEMA_VERSION, UnikernelError } from "../model";

/** Refuse state of a newer release, whose meaning this release cannot know. */
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
 * Return the schema version of checked inputs. Until something changes, the guest and its mark keep the form of the
 * release that made them, and so does state: an upgrade shows no difference, and that release can still read its state.
 */
export function schemaVersionAfter(olds: { schemaVersion?: unknown }, unchanged: boolean): number {
    return unchanged && typeof olds.schemaVersion === "number" ? olds.schemaVersion : SCHEMA_VERSION;
}
