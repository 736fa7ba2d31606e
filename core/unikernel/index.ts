import type { Handlers } from "../handlers";
import { checkUnikernel } from "./check";
import { createUnikernel, deleteUnikernel, diffUnikernel, readUnikernel, updateUnikernel } from "./lifecycle";
import type { StoredInputs, StoredOutputs } from "./inputs";
import type { UnikernelServices } from "./services";

export type { UnikernelServices } from "./services";
export { unikernelShape } from "./schema";

type Properties = Record<string, unknown>;

/** The lifecycle of a unikernel over plain properties. State is ours: refuseNewerState guards what we may believe of it. */
export function unikernelHandlers(services: UnikernelServices): Handlers {
    return {
        check: (olds, news) => checkUnikernel(services, inputs(olds), news),
        diff: (_id, olds, news) => diffUnikernel(services, outputs(olds), inputs(news)),
        create: (news) => createUnikernel(services, inputs(news)),
        read: (_id, props) => readUnikernel(services, outputs(props)),
        update: (_id, olds, news) => updateUnikernel(services, outputs(olds), inputs(news)),
        delete: (_id, props) => deleteUnikernel(services, outputs(props)),
    };
}

function inputs(properties: Properties): StoredInputs {
    return properties as unknown as StoredInputs;
}

function outputs(properties: Properties): StoredOutputs {
    return properties as unknown as StoredOutputs;
}
