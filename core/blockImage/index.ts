import { randomUUID } from "node:crypto";
import type { Handlers } from "../handlers";
import { uuidOf } from "../identity";
import { redactErrors, redactor, withoutSecrets } from "../secrets/redaction";
import { refuseNewerState } from "../state";
import { checkBlockImage } from "./check";
import { isChanged } from "./compared";
import { createImage, deleteImage, isWhole, type Services, updateImage } from "./lifecycle";
import type { BlockImageInputs, BlockImageOutputs } from "./schema";
import { isSourceAbsent } from "./sources";
import { currentOutputs, isSizeMistakable } from "./stored";

export { sourcesOf, wouldHold } from "./sources";
export { currentOutputs };

/**
 * The lifecycle of a data image. The file is a cache of the inputs: no change is a replacement.
 */
export function blockImageHandlers(services: Services = { log: () => undefined }): Handlers {
    return {
        async check(olds, news) {
            refuseNewerState(olds);
            const hide = redactor([olds, news]);
            return redactErrors(hide, async () => withoutSecrets(await checkBlockImage(olds, news, services), hide));
        },
        async diff(_id, olds, news) {
            refuseNewerState(olds);
            // The engine names inputs that differ; it cannot see a missing file.
            const changes = isChanged(olds, news) ? undefined : await isUpdateDue(olds, news, services);
            return { changes, replaces: [], deleteBeforeReplace: false };
        },
        async create(inputs) {
            const id = typeof inputs.urn === "string" ? uuidOf(inputs.urn) : randomUUID();
            return redactErrors(redactor([inputs]), async () => ({
                id,
                outs: { ...(await createImage(id, asInputs(inputs), services)) },
            }));
        },
        async read(id, props) {
            refuseNewerState(props);
            // diff looks for a missing file.
            return { id, props: currentOutputs(props) };
        },
        async update(id, olds, news) {
            refuseNewerState(olds);
            const outs = await redactErrors(redactor([olds, news]), () =>
                updateImage(id, asInputs(news), services, asOutputs(olds)),
            );
            return { outs: { ...outs } };
        },
        async delete(id, props) {
            refuseNewerState(props);
            await deleteImage(id, asOutputs(props), services);
        },
    };
}

/**
 * Return whether an image with unchanged inputs needs an update: its file is missing, or a program would misread its
 * outputs.
 */
async function isUpdateDue(
    olds: Record<string, unknown>,
    { source }: Record<string, unknown>,
    { log }: Services,
): Promise<boolean> {
    if (!(await isWhole(asOutputs(olds)))) {
        if (!isSourceAbsent(source)) return true;
        log("warning: neither the file of this image nor its source is on this machine; guests that have it keep it");
        return false;
    }
    if (!isSizeMistakable(olds)) return false;
    log("nothing is built: the state takes the form of this release, in which `size` is that of the file in bytes");
    return true;
}

/** State has the inputs as check returned them; they have had one form. */
function asInputs(inputs: Record<string, unknown>): BlockImageInputs {
    return inputs as unknown as BlockImageInputs;
}

function asOutputs(outs: Record<string, unknown>): BlockImageOutputs {
    return currentOutputs(outs) as unknown as BlockImageOutputs;
}
