import type { StoredInputs } from "../inputs";

/** Where a guest in state is, and by which declaration. */
export type Place = Pick<StoredInputs, "platform" | "connection" | "name"> &
    Pick<Partial<StoredInputs>, "host" | "hosts">;

/**
 * The places of the guests in state that this run of the engine has seen, by URN. For a replacement the engine calls check
 * with empty olds: the new guest stays on the host of the former one.
 */
const places = new Map<string, Place>();

/** Note the place of a guest in state. @param urn its present one */
export function notePlace(urn: string, { platform, connection, name, host, hosts }: Partial<StoredInputs>): void {
    if (platform === undefined || connection === undefined || name === undefined) return;
    places.set(urn, { platform, connection, name, host, hosts });
}

export function placeInRun(urn: string): Place | undefined {
    return places.get(urn);
}

/** Start another run of the engine, for tests. */
export function forgetPlaces(): void {
    places.clear();
}
