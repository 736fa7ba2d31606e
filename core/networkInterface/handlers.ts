import { isDeepStrictEqual } from "node:util";
import type { Handlers } from "../handlers";
import { containsUnknown } from "../handlers";
import { uuidOf } from "../identity";
import { refuseNewerState } from "../state";
import { checkInterface } from "./check";

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
            return { id: uuidOf(String(inputs.urn)), outs: inputs };
        },
        async read(id, props) {
            refuseNewerState(props);
            return { id, props, inputs: props };
        },
        async update(_id, olds, news) {
            refuseNewerState(olds);
            return { outs: news };
        },
        async delete() {},
    };
}
