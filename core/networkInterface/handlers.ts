import { isDeepStrictEqual } from "node:util";
import type { Handlers } from "../handlers";
import { containsUnknown } from "../handlers";
import { forgetHolder, holderOf, noteHolder } from "../holders";
import { uuidOf } from "../identity";
import { refuseNewerState } from "../state";
import { checkInterface } from "./check";
import { placesOf } from "./ports";

/** A declaration: nothing of it exists on a host but in the unikernel that uses it. */
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
                if ((await holderOf(identity)) === undefined) await noteHolder(identity, String(inputs.urn));
            return { id: uuidOf(String(inputs.urn)), outs: inputs };
        },
        async read(id, props) {
            refuseNewerState(props);
            return { id, props, inputs: props };
        },
        async update(_id, olds, news) {
            refuseNewerState(olds);
            for (const identity of identitiesOf(news)) await noteHolder(identity, String(news.urn));
            return { outs: news };
        },
        async delete(_id, props) {
            refuseNewerState(props);
            for (const identity of identitiesOf(props)) await forgetHolder(identity, String(props.urn));
        },
    };
}

/** What no other resource can have beside it. */
function identitiesOf({ mac, attach }: Record<string, unknown>): string[] {
    return [...(typeof mac === "string" ? [mac] : []), ...placesOf(attach)];
}
