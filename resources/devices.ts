import * as pulumi from "@pulumi/pulumi";
import { notMade } from "../model/declared";
import { BlockImage } from "./blockImage";
import { NetworkInterface } from "./networkInterface";
import type { BlockArgs } from "./unikernelArgs";

/** Return blocks as plain objects: a resource inside an argument would arrive as a reference without its values. */
export function plainBlocks(blocks: BlockArgs[] | undefined): pulumi.Inputs[] | undefined {
    return blocks?.map(({ image, ...rest }, index) => {
        if (image === undefined) return rest;
        if (!BlockImage.isInstance(image)) {
            throw new pulumi.RunError(
                `blocks[${index}].image: expected a BlockImage; a file that exists already is given as \`path\`.`,
            );
        }
        const { name, ...others } = rest;
        return {
            ...others,
            ...(name === undefined
                ? { name: image.logicalName, formerly: image.formerNames }
                : { name, image: image.logicalName }),
            digest: image.digest,
            format: image.format,
            output: image.declaredOutput,
            secret: image.holdsSecret,
        };
    });
}

/** Return whether a data image among the blocks holds a secret. */
export async function anyHoldsSecret(blocks: BlockArgs[] | undefined): Promise<boolean> {
    return (await Promise.all(blocks?.map(({ image }) => image?.holdsSecret) ?? [])).some(Boolean);
}

/** Return interfaces as plain objects. @param unikernel its logical name: an interface may be in one only */
export function plainInterfaces(
    unikernel: string,
    interfaces: NetworkInterface[] | undefined,
): pulumi.Inputs[] | undefined {
    return interfaces?.map((nic, index) => {
        const path = `interfaces[${index}]`;
        if (!NetworkInterface.isInstance(nic)) throw new pulumi.RunError(`${path}: expected a NetworkInterface.`);
        nic.plugInto(unikernel, path);
        // In a run with targets that leave it out, an interface that does not exist has no outputs.
        const mac = nic.mac.apply((known: string | undefined) => known ?? notMade(nic.logicalName));
        return { mac, attach: nic.attach, ...nic.declared };
    });
}
