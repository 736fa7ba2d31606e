import { outputProblem } from "../../images";
import type { EncodedGuest, GuestCapabilities, Problem, UnikernelSpec } from "../../spec";
import { mediumProblems } from "./medium";
import { outputPath } from "./output";

/** What a medium cannot be, beyond what means nothing on one. */
export async function checkIso(spec: UnikernelSpec, guest: GuestCapabilities, boot?: EncodedGuest): Promise<Problem[]> {
    return [
        ...(guest.platforms.includes("iso") ? [] : [{ property: "platform", reason: `a ${spec.guest} guest runs on ${guest.platforms.join(" and ")}, and boots from no medium` }]),
        ...spec.blocks.flatMap(({ access }, index) => access !== "persist" ? [] : [{
            property: `blocks[${index}].access`,
            reason: "a medium is never written to, so nothing on it persists; choose read, or scratch for a fresh copy in memory at every boot",
        }]),
        ...(boot ? mediumProblems(boot) : []),
        ...await outputProblems(spec),
    ];
}

async function outputProblems(spec: UnikernelSpec): Promise<Problem[]> {
    // Whose file it is, state and the build know better: here only whether there can be one.
    const error = await outputProblem(outputPath(spec), undefined, spec.uuid, async () => true);
    return error ? [{ property: "output", reason: error.message.replace(/^output: /, "") }] : [];
}
