import { type ImageSource, identify, mapProblems, optionProblems, patternProblems } from "../../images";
import { type ImageFormat, logicalName, type Problem, problemOf, same } from "../../model";
import { parseArguments } from "../arguments";
import { containsUnknown, isUnknown, UNKNOWN } from "../handlers";
import { uuidOf } from "../identity";
import { digestKeyOf } from "../secrets/digestKeys";
import { schemaVersionAfter } from "../state";
import { isChanged } from "./compared";
import type { Services } from "./lifecycle";
import { noteOutput, outputFault } from "./output";
import { ownFilesProblems } from "./ownFiles";
import { type BlockImageInputs, blockImageShape, optionsOf } from "./schema";
import { isSourceAbsent, noteSource } from "./sources";

/** Check the arguments and compute the digest of the image; it is unknown while a part is unknown. */
export async function checkBlockImage(
    olds: Partial<BlockImageInputs>,
    news: Record<string, unknown>,
    { log, isReplaced }: Services,
) {
    const { values, problems } = parseArguments(blockImageShape, news);
    const {
        resourceUrn,
        digestKey: given,
        secrets,
        kept,
        ...args
    } = values as Record<string, unknown> & { resourceUrn?: string; secrets: string[]; kept?: string[] };
    const { source, ignore, format, size, label, output } = args;
    if (source !== null && typeof source === "object") problems.push(...mapProblems(Object(source)));
    problems.push(...ignoreProblems(source, ignore), ...checkOptions(args));
    const readable = problems.length === 0;
    if (typeof olds.output === "string" && resourceUrn !== undefined) noteOutput(olds.output, resourceUrn);
    if (typeof output === "string" && !containsUnknown(output))
        problems.push(...(await checkOutput(output, { source, ignore }, resourceUrn, olds, isReplaced)));
    const key =
        secrets?.length > 0
            ? { secrets, digestKey: await digestKeyOf({ urn: resourceUrn ?? "", old: olds.digestKey, given, log }) }
            : {};
    const inputs = {
        ...(resourceUrn === undefined ? {} : { urn: resourceUrn, ...formerNames(olds, resourceUrn) }),
        ...args,
        ...key,
    };
    const vague = containsUnknown([source, ignore, format, size, label, secrets]);
    const identity = vague
        ? { digest: UNKNOWN, manifest: UNKNOWN }
        : readable
          ? (keptIdentity(olds, args, kept) ??
            (await identityOf(inputs as unknown as BlockImageInputs, olds, problems)))
          : {};
    if ("digest" in identity) noteSource(identity.digest, source, ignore);
    const whole = { ...inputs, ...identity };
    return {
        inputs: { schemaVersion: schemaVersionAfter(olds, !isChanged(olds, whole)), ...whole },
        failures: problems,
    };
}

/**
 * Return the former logical names, where the engine followed an alias: a persist disk, for one, is found by its old
 * name.
 */
function formerNames({ urn, formerly = [] }: Partial<BlockImageInputs>, now: string): { formerly?: string[] } {
    const names = [...formerly, ...(urn === undefined ? [] : [logicalName(urn)])].filter(
        (name) => name !== logicalName(now),
    );
    return names.length > 0 ? { formerly: [...new Set(names)] } : {};
}

/**
 * Return the identity in state of an image whose arguments are as they were, and whose source only state names, by
 * `ignoreChanges`; undefined where the source is to be read. Guests have copies of its content.
 */
function keptIdentity(
    olds: Partial<BlockImageInputs>,
    args: Record<string, unknown>,
    kept: string[] = [],
): Pick<BlockImageInputs, "digest" | "manifest"> | undefined {
    const { digest, manifest } = olds;
    const asBefore = (["source", "ignore", "format", "size", "label"] as const).every((name) =>
        same(olds[name], args[name]),
    );
    if (digest === undefined || manifest === undefined || !asBefore) return undefined;
    const isKept = kept.includes("*") || (kept.includes("source") && isSourceAbsent(args.source));
    return isKept ? { digest, manifest } : undefined;
}

async function identityOf(
    inputs: BlockImageInputs,
    olds: Partial<BlockImageInputs>,
    problems: Problem[],
): Promise<Partial<BlockImageInputs>> {
    try {
        const { digest, manifest, paths } = await identify(inputs.source, optionsOf(inputs));
        // A copy of the state that no run writes was built before, and its content stays as it is.
        if (digest !== olds.digest) problems.push(...(await ownFilesProblems(inputs, paths)));
        return { digest, manifest };
    } catch (error) {
        problems.push(problemOf("source", error));
        return {};
    }
}

/** Return the problems of patterns, and of patterns for what is no folder. */
function ignoreProblems(source: unknown, ignore: unknown): Problem[] {
    if (!Array.isArray(ignore)) return [];
    const known = ignore.map((pattern: unknown) => (isUnknown(pattern) ? "unknown" : String(pattern)));
    const isMap = source !== null && typeof source === "object";
    return [
        ...patternProblems(known),
        ...(isMap
            ? [{ property: "ignore", reason: "`source` is a map, which names each of its files: leave `ignore` out" }]
            : []),
    ];
}

/**
 * Check the values that are known and of the right type; the others have their problem already, or are checked when
 * known.
 */
function checkOptions({ format, size, label }: Record<string, unknown>): Problem[] {
    if (typeof format !== "string" || isUnknown(format)) return [];
    const options = optionsOf({
        format: format as ImageFormat,
        size: typeof size === "number" ? size : undefined,
        label: typeof label === "string" && !isUnknown(label) ? label : undefined,
    });
    return optionProblems(options).map((problem) =>
        problem.property === "size" ? { ...problem, reason: `${problem.reason}, found ${size} MiB` } : problem,
    );
}

async function checkOutput(
    output: string,
    { source, ignore }: { source?: unknown; ignore?: unknown },
    urn: string | undefined,
    olds: Partial<BlockImageInputs>,
    isReplaced: Services["isReplaced"],
): Promise<Problem[]> {
    const error = await outputFault({
        id: urn === undefined ? undefined : uuidOf(urn),
        source: containsUnknown([source, ignore]) ? undefined : (source as ImageSource),
        ignore: ignore as string[] | undefined,
        writing: {
            act: olds.digest === undefined ? "create" : "update",
            urns: [urn, olds.urn].filter((one) => one !== undefined),
            path: output,
        },
        // The update finds later changes of the file: state's hash of it is not among the inputs.
        inState: async () => olds.output === output,
        isReplaced,
    });
    return error ? [problemOf("source", error)] : [];
}
