import { createHash } from "node:crypto";
import { canonical, same } from "../../../model";
import type { DomainFacts } from "../model";
import { DEVICES } from "./list";

/** Return what tells an edited definition from the one that this package wrote: 16 hex digits. */
export function definitionDigest(facts: DomainFacts): string {
    return createHash("sha256")
        .update(canonical(byProperty(facts)))
        .digest("hex")
        .slice(0, 16);
}

/** Return the properties in which two definitions differ. */
export function differences(one: DomainFacts, other: DomainFacts): string[] {
    const [left, right] = [byProperty(one), byProperty(other)];
    return Object.keys(left).filter((property) => !same(left[property], right[property]));
}

function byProperty(facts: DomainFacts): Record<string, unknown> {
    return Object.assign({}, ...DEVICES.map((device) => device.compared?.(facts)));
}
