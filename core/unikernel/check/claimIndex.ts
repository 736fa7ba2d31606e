import { isSameItem, portOnAnyAddress } from "../../../model";

/** One thing that a unikernel needs exclusively on its host. */
export interface Claim {
    urn: string;
    property: string;
    host: string;
    /** As `keyOf` returns it; `uuid …` for the uuid. */
    key: string;
    /** The thing in words. */
    what: string;
}

/**
 * The claims of the unikernels of one run. A claim is compared only with claims of the same thing, so that a check costs
 * as much in a large fleet as in a small one.
 */
export class ClaimIndex {
    private readonly byUrn = new Map<string, Claim[]>();
    private readonly byThing = new Map<string, Set<Claim>>();
    private readonly byUuid = new Map<string, Set<Claim>>();

    /** Replace the claims of a unikernel. */
    set(urn: string, claims: Claim[]): void {
        for (const former of this.byUrn.get(urn) ?? []) {
            this.byThing.get(thingOf(former))?.delete(former);
            this.byUuid.get(former.key)?.delete(former);
        }
        for (const claim of claims) {
            add(this.byThing, thingOf(claim), claim);
            if (claim.key.startsWith("uuid ")) add(this.byUuid, claim.key, claim);
        }
        this.byUrn.set(urn, claims);
    }

    /** Return a claim of another unikernel that excludes this one. */
    clashOf(wanted: Claim): Claim | undefined {
        for (const claim of this.byThing.get(thingOf(wanted)) ?? [])
            if (claim.urn !== wanted.urn && clash(claim, wanted)) return claim;
        return undefined;
    }

    /** Return the claims of the unikernel that has this uuid; undefined when no check has seen it. */
    withUuid(uuid: string): Claim[] | undefined {
        const [claim] = this.byUuid.get(`uuid ${uuid}`) ?? [];
        return claim && this.byUrn.get(claim.urn);
    }

    clear(): void {
        for (const index of [this.byUrn, this.byThing, this.byUuid]) index.clear();
    }
}

/** Return whether two claims exclude each other. */
export function clash(one: Claim, other: Claim): boolean {
    return one.host === other.host && isSameItem(one.key, other.key);
}

/** Return a text that is equal for all claims that may exclude each other. */
function thingOf({ host, key }: Claim): string {
    return `${host} ${portOnAnyAddress(key)}`;
}

function add(index: Map<string, Set<Claim>>, key: string, claim: Claim): void {
    const claims = index.get(key);
    if (claims) claims.add(claim);
    else index.set(key, new Set([claim]));
}
