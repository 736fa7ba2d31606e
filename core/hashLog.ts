import { withHashProgress } from "../localFiles";
import type { Handlers } from "./handlers";
import { redactor } from "./secrets/redaction";

/**
 * Return handlers that print how far they are while they hash files for long: kernels, initrds, disks and sources. A
 * path may be secret.
 */
export function withHashLog(handlers: Handlers, log: (message: string) => void): Handlers {
    const within = <T>(specs: object[], work: () => T): T =>
        withHashProgress((message) => log(redactor(specs)(message)), work);
    return {
        ...handlers,
        check: (olds, news) => within([olds, news], () => handlers.check(olds, news)),
        diff: (id, olds, news) => within([olds, news], () => handlers.diff(id, olds, news)),
        create: (inputs) => within([inputs], () => handlers.create(inputs)),
        read: (id, props) => within([props], () => handlers.read(id, props)),
        update: (id, olds, news) => within([olds, news], () => handlers.update(id, olds, news)),
        delete: (id, props) => within([props], () => handlers.delete(id, props)),
    };
}
