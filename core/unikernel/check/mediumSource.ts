import { outputOf } from "../../../backends";
import type { Problem, UnikernelSpec } from "../../../model";

/** Loaded for a medium. */
const sources = () => require("../../blockImage") as typeof import("../../blockImage");

/**
 * Return the problem of a medium whose image lies in the source of one of its data images: each build would take in the
 * image of the build before, and grow by it.
 */
export async function mediumSourceProblems(
    spec: Pick<UnikernelSpec, "platform" | "name" | "output" | "blocks">,
): Promise<Problem[]> {
    if (spec.platform !== "iso") return [];
    const output = outputOf(spec);
    for (const block of spec.blocks) {
        for (const source of sources().sourcesOf(block.digest)) {
            if (!(await sources().wouldHold(source, output))) continue;
            return [
                {
                    property: "output",
                    reason: `${output} lies inside of ${source.path}, the source of the data image ${block.name}, so that the image would contain the one before; choose a path outside of it, or leave the folder of the medium out by \`ignore\``,
                },
            ];
        }
    }
    return [];
}
