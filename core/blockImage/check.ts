import { randomBytes } from "node:crypto";
import { SCHEMA_VERSION, UnikernelError, type Problem } from "../../spec";
import { identify, mapProblems, optionProblems, type ImageSource } from "../../images";
import { parseArguments } from "../arguments";
import { containsUnknown, UNKNOWN } from "../handlers";
import { uuidOf } from "../identity";
import { outputProblem } from "./output";
import { blockImageShape, MIB, optionsOf, type BlockImageInputs } from "./schema";

/** Checks the arguments, and computes what the image is; while a part is unknown, so is the digest. */
export async function checkBlockImage(olds: Partial<BlockImageInputs>, news: Record<string, unknown>) {
    const { values, problems } = parseArguments(blockImageShape, news);
    const { resourceUrn, digestKey: _, secrets, ...args } = values as Record<string, unknown> & { resourceUrn?: string; secrets: string[] };
    const { source, format, size, label, output } = args;
    if (source !== null && typeof source === "object") problems.push(...mapProblems(Object(source)));
    if (problems.length === 0 && !containsUnknown([format, size, label])) problems.push(...checkOptions(values));
    if (typeof output === "string" && !containsUnknown(output)) problems.push(...(await checkOutput(output, source, resourceUrn, olds)));
    const key = secrets?.length > 0 ? { secrets, digestKey: olds.digestKey || randomBytes(16).toString("hex") } : {};
    const inputs = { schemaVersion: SCHEMA_VERSION, ...(resourceUrn === undefined ? {} : { urn: resourceUrn }), ...args, ...key };
    if (problems.length > 0) return { inputs, failures: problems };
    if (containsUnknown([source, format, size, label, secrets])) return { inputs: { ...inputs, digest: UNKNOWN, manifest: UNKNOWN }, failures: [] };
    try {
        const known = inputs as unknown as BlockImageInputs;
        const { digest, manifest } = await identify(known.source, optionsOf(known));
        return { inputs: { ...inputs, digest, manifest }, failures: [] };
    } catch (error) {
        return { inputs, failures: [failure(error)] };
    }
}

function checkOptions(values: Record<string, unknown>): Problem[] {
    const options = optionsOf(values as unknown as BlockImageInputs);
    return optionProblems(options).map((problem) => problem.property === "size" && options.size !== undefined
        ? { ...problem, reason: `${problem.reason}, found ${options.size / MIB} MiB` } : problem);
}

async function checkOutput(output: string, source: unknown, urn: string | undefined, olds: Partial<BlockImageInputs>): Promise<Problem[]> {
    const known = containsUnknown(source) ? undefined : source as ImageSource;
    // Whether it was changed since is for the update to see: state's hash of it is not among the inputs.
    const error = await outputProblem(output, known, urn === undefined ? undefined : uuidOf(urn), async () => olds.output === output);
    return error ? [failure(error)] : [];
}

function failure(error: unknown): Problem {
    if (!(error instanceof UnikernelError)) throw error;
    const property = error.property ?? "source";
    const named = `${property}: `;
    return { property, reason: error.message.startsWith(named) ? error.message.slice(named.length) : error.message };
}
