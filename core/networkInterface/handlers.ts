import { isDeepStrictEqual } from "node:util";
import type { Handlers } from "../handlers";
import { containsUnknown } from "../handlers";
import { uuidOf } from "../identity";
import { forgetOwner, noteOwner, ownerOf } from "../identityOwners";
import { refuseNewerState } from "../state";
import { checkInterface } from "./check";
import { placesOf } from "./ports";

/** Return the lifecycle of a declaration: only the unikernel that uses it creates anything on a host. */
export function networkInterfaceHandlers(): Handlers {
    return {
        async check(olds, news) {
            refuseNewerState(olds);
            return checkInterface(olds, news);
        },
        async diff(_id, olds, news) {
            refuseNewerState(olds);
            const same = !containsUnknown(news) && isDeepStrictEqual(olds, news);
            return { changes: same ? false : undefined, replaces: [], deleteBeforeReplace: true };
        },
        async create(inputs) {
            for (const identity of identitiesOf(inputs))
                if ((await ownerOf(identity)) === undefined) await noteOwner(identity, String(inputs.urn));
            return { id: uuidOf(String(inputs.urn)), outs: inputs };
        },
        async read(id, props) {
            refuseNewerState(props);
            return { id, props, inputs: props };
        },
        async update(_id, olds, news) {
            refuseNewerState(olds);
            for (const identity of identitiesOf(news)) await noteOwner(identity, String(news.urn));
            return { outs: news };
        },
        async delete(_id, props) {
            refuseNewerState(props);
            for (const identity of identitiesOf(props)) await forgetOwner(identity, String(props.urn));
        },
    };
}

/** Return the values that no other resource may have at the same time. */
function identitiesOf({ mac, attach }: Record<string, unknown>): string[] {
    return [...(typeof mac === "string" ? [mac] : []), ...placesOf(attach)];
}
