import { outputProblem } from "../../localFiles";
import {
    type EncodedGuest,
    type GuestCapabilities,
    hasCode,
    type Problem,
    problemOf,
    type UnikernelSpec,
} from "../../model";
import { inspectDevice } from "./burn";
import { mediumProblems } from "./medium";
import { outputPath } from "./output";

/** Return the problems of a spec that no medium can realise, beyond unsupported properties. */
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
 * Return only problems that last: the wrong device, or an unsupported one. A temporary problem (not plugged in,
 * mounted) is left to the burn, which does not even look where the device already has the image.
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
    // State and the build know who owns the file. Check only that it can be created.
    const error = await outputProblem(outputPath(spec), spec.uuid, {
        inState: async () => true,
        interrupted: async () => true,
        hint: "",
    });
    return error ? [problemOf("output", error)] : [];
}
