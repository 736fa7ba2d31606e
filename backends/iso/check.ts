import { outputProblem } from "../../images";
import {
    type EncodedGuest,
    type GuestCapabilities,
    hasCode,
    type Problem,
    problemOf,
    type UnikernelSpec,
} from "../../spec";
import { inspectDevice } from "./burn";
import { mediumProblems } from "./medium";
import { outputPath } from "./output";

/** What a medium cannot be, beyond what means nothing on one. */
export async function checkIso(spec: UnikernelSpec, guest: GuestCapabilities, boot?: EncodedGuest): Promise<Problem[]> {
    return [
        ...(guest.platforms.includes("iso")
            ? []
            : [
                  {
                      property: "platform",
                      reason: `a ${spec.guest} guest runs on ${guest.platforms.join(" and ")}, and boots from no medium`,
                  },
              ]),
        ...spec.blocks.flatMap(({ access }, index) =>
            access !== "persist"
                ? []
                : [
                      {
                          property: `blocks[${index}].access`,
                          reason: "a medium is never written to, so nothing on it persists; choose read, or scratch for a fresh copy in memory at every boot",
                      },
                  ],
        ),
        ...(boot ? mediumProblems(boot) : []),
        ...(await outputProblems(spec)),
        ...(await deviceProblems(spec)),
    ];
}

/**
 * What makes it the wrong device will not pass. What may have passed when it is written to (it is not plugged in, or mounted)
 * is for the burn to say, and where the image is on it already nobody asks.
 */
async function deviceProblems({ burn }: UnikernelSpec): Promise<Problem[]> {
    if (burn === undefined) return [];
    const error = await inspectDevice(burn, 0).then(
        () => undefined,
        (reason: unknown) => reason,
    );
    return hasCode(error, "invalid", "unsupported") ? [problemOf("burn.device", error)] : [];
}

async function outputProblems(spec: UnikernelSpec): Promise<Problem[]> {
    // Whose file it is, state and the build know better: here only whether there can be one.
    const error = await outputProblem(outputPath(spec), undefined, spec.uuid, {
        inState: async () => true,
        begun: async () => true,
        hint: "",
    });
    return error ? [problemOf("output", error)] : [];
}
