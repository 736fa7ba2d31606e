import type { Handlers } from "../handlers";
import { checkUnikernel } from "./check";
import { findUnikernel } from "./find";
import { changesOfUnikernel, createUnikernel, deleteUnikernel, diffUnikernel, readUnikernel, updateUnikernel } from "./lifecycle";
import { inputsWithin } from "./inputs";
import { fromState, outputsFromState, toState } from "./stored";
import type { UnikernelServices } from "./services";

export type { UnikernelServices } from "./services";
export { unikernelShape } from "./schema";

/** The lifecycle of a unikernel over plain properties. */
export function unikernelHandlers(services: UnikernelServices): Handlers {
    return {
        async check(olds, news) {
            const { inputs, failures } = await checkUnikernel(services, fromState(olds), news);
            return { inputs: toState(inputs), failures };
        },
        diff: (_id, olds, news) => diffUnikernel(services, outputsFromState(olds), fromState(news)),
        async create(news) {
            const { id, outs } = await createUnikernel(services, fromState(news));
            return { id, outs: toState(outs) };
        },
        async read(_id, props) {
            const found = await readUnikernel(services, outputsFromState(props));
            return found ? { id: found.uuid, props: toState(found), inputs: toState(inputsWithin({ ...found })) } : { id: "", props: {} };
        },
        async update(_id, olds, news) {
            return { outs: toState(await updateUnikernel(services, outputsFromState(olds), fromState(news))) };
        },
        async find(wanted) {
            const found = await findUnikernel(services, wanted);
            return found && { id: found.uuid, props: toState(found), inputs: toState(inputsWithin({ ...found })) };
        },
        delete: (_id, props) => deleteUnikernel(services, outputsFromState(props)),
        differences: (olds, news) => changesOfUnikernel(services, outputsFromState(olds), fromState(news)),
    };
}
