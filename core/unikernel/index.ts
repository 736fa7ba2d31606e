import type { Handlers } from "../handlers";
import { redactor, withoutSecrets } from "../secrets/redaction";
import { checkUnikernel } from "./check/check";
import { inputsWithin } from "./inputs";
import {
    changesOfUnikernel,
    createUnikernel,
    deleteUnikernel,
    diffUnikernel,
    readUnikernel,
    updateUnikernel,
} from "./lifecycle";
import { redacted } from "./redaction";
import type { UnikernelServices } from "./services";
import { fromState, outputsFromState, toState } from "./stored";

/** Loaded when first used: few runs import a guest. */
const imports = () => require("./import/importUnikernel") as typeof import("./import/importUnikernel");

export { unikernelShape } from "./schema";
export type { UnikernelServices } from "./services";

/** Return the lifecycle of a unikernel over plain properties. */
export function unikernelHandlers(services: UnikernelServices): Handlers {
    return {
        async check(olds, news) {
            const before = fromState(olds);
            const redact = redactor([before, news]);
            const { inputs, failures } = withoutSecrets(
                await redacted(services, [before, news], (redacting) => checkUnikernel(redacting, before, news)),
                redact,
            );
            return { inputs: toState(inputs), failures };
        },
        diff: (_id, olds, news) => diffUnikernel(services, outputsFromState(olds), fromState(news)),
        async create(news) {
            const inputs = fromState(news);
            const { id, outs } = await redacted(services, [inputs], (redacting) => createUnikernel(redacting, inputs));
            return { id, outs: toState(outs) };
        },
        async read(_id, props) {
            const known = outputsFromState(props);
            const found = await redacted(services, [known], (redacting) => readUnikernel(redacting, known));
            return found
                ? { id: found.uuid, props: toState(found), inputs: toState(inputsWithin({ ...found })) }
                : { id: "", props: {} };
        },
        async update(_id, olds, news) {
            const [known, inputs] = [outputsFromState(olds), fromState(news)];
            return {
                outs: toState(
                    await redacted(services, [known, inputs], (redacting) => updateUnikernel(redacting, known, inputs)),
                ),
            };
        },
        async importGuest(target) {
            const found = await imports().importUnikernel(services, target);
            return found && { id: found.uuid, props: toState(found), inputs: toState(inputsWithin({ ...found })) };
        },
        async delete(_id, props) {
            const known = outputsFromState(props);
            await redacted(services, [known], (redacting) => deleteUnikernel(redacting, known));
        },
        differences: (olds, news) => changesOfUnikernel(services, outputsFromState(olds), fromState(news)),
    };
}
