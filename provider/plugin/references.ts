import { logicalName } from "../../core";
import type { Properties } from "./codec";

/**
 * What the images and interfaces of this run are, by URN: the engine checks a resource before the ones that refer to it,
 * and one process serves one run. A reference on the wire has a URN, and nothing of what it stands for.
 */
export class References {
    private readonly checked = new Map<string, Properties>();

    /** @param inputs as check returned them */
    note(urn: string, inputs: Properties): void {
        this.checked.set(urn, inputs);
    }

    /** A data image as a unikernel takes it; undefined when this run has not checked it. */
    block(urn: string): Properties | undefined {
        const image = this.checked.get(urn);
        return image && { name: logicalName(urn), digest: image.digest, format: image.format, output: image.output };
    }

    /** An interface as a unikernel takes it. */
    card(urn: string): Properties | undefined {
        const checked = this.checked.get(urn);
        if (!checked) return undefined;
        const { mac, attach, driver, ipv4, ipv6 } = checked;
        return { mac, attach, driver, ipv4, ipv6 };
    }
}
