import type { Handlers } from "../handlers";
import { discretion, withoutSecrets } from "../secrets/discretion";
import { checkUnikernel } from "./check/check";
import { discreetly } from "./discreet";
import { findUnikernel } from "./import/find";
import { inputsWithin } from "./inputs";
import {
    changesOfUnikernel,
    createUnikernel,
    deleteUnikernel,
    diffUnikernel,
    readUnikernel,
    updateUnikernel,
} from "./lifecycle";
import type { UnikernelServices } from "./services";
import { fromState, outputsFromState, toState } from "./stored";

export { unikernelShape } from "./schema";
export type { UnikernelServices } from "./services";

/** Return the lifecycle of a unikernel over plain properties. */
export function unikernelHandlers(services: UnikernelServices): Handlers {
    return {
        async check(olds, news) {
            const before = fromState(olds);
            const hide = discretion([before, news]);
            const { inputs, failures } = withoutSecrets(
                await discreetly(services, [before, news], (discreet) => checkUnikernel(discreet, before, news)),
                hide,
            );
            return { inputs: toState(inputs), failures };
        },
        diff: (_id, olds, news) => diffUnikernel(services, outputsFromState(olds), fromState(news)),
        async create(news) {
            const inputs = fromState(news);
            const { id, outs } = await discreetly(services, [inputs], (discreet) => createUnikernel(discreet, inputs));
            return { id, outs: toState(outs) };
        },
        async read(_id, props) {
            const known = outputsFromState(props);
            const found = await discreetly(services, [known], (discreet) => readUnikernel(discreet, known));
            return found
                ? { id: found.uuid, props: toState(found), inputs: toState(inputsWithin({ ...found })) }
                : { id: "", props: {} };
        },
        async update(_id, olds, news) {
            const [known, inputs] = [outputsFromState(olds), fromState(news)];
            return {
                outs: toState(
                    await discreetly(services, [known, inputs], (discreet) => updateUnikernel(discreet, known, inputs)),
                ),
            };
        },
        async find(wanted) {
            const found = await findUnikernel(services, wanted);
            return found && { id: found.uuid, props: toState(found), inputs: toState(inputsWithin({ ...found })) };
        },
        async delete(_id, props) {
            const known = outputsFromState(props);
            await discreetly(services, [known], (discreet) => deleteUnikernel(discreet, known));
        },
        differences: (olds, news) => changesOfUnikernel(services, outputsFromState(olds), fromState(news)),
    };
}
