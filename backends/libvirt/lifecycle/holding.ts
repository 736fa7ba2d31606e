import { type ErrorCode, logicalName, stackOf, stackPart, UnikernelError } from "../../../spec";
import type { Context } from "../../backend";
import type { Holder } from "./census";

/** Something that only one guest of a host can have. */
export interface Thing {
    /** As `keyOf` gives it. */
    key: string;
    property: string;
    /** `in-use` where left out. */
    code?: ErrorCode;
    /** Says that a domain has it: `domain db has tcp port 8080 of 127.0.0.1`. */
    says(domain: string): string;
    /** Where the holder belongs to another stack or to no stack. */
    hint: string;
}

/** Whether a holder of our own stack keeps a thing or gives it up, as far as the program has declared it. */
export type Declared = ReturnType<NonNullable<Context["declares"]>>;

/** Whether a mark's URN is of the stack and project of ours. */
export function isOfStack(other: string | undefined, urn: string): other is string {
    return other !== undefined && stackPart(other) === stackPart(urn);
}

/** Return the error of a thing that another domain has. A guest of the same stack is named as the program knows it. */
export function heldBy(
    thing: Thing,
    { name, urn: other }: Pick<Holder, "name" | "urn">,
    urn: string,
    declared: Declared | "unknown",
): UnikernelError {
    const { property, code = "in-use" } = thing;
    const of =
        other === undefined
            ? ""
            : isOfStack(other, urn)
              ? `"${logicalName(other)}" of this stack`
              : `"${logicalName(other)}" of ${placeOf(other)}`;
    const error = (text: string, hint: string): UnikernelError =>
        new UnikernelError(code, thing.says(`domain ${name}`) + (text ? `: ${text}` : ""), { property, hint });
    if (!isOfStack(other, urn)) return error(of && `it belongs to ${of}`, thing.hint);
    if (declared === "keeps")
        return error(`it is ${of}, which declares it too`, "one of the two has to declare another");
    if (declared === "yields") {
        return error(
            `it is ${of}, which no longer declares it but has not been updated yet`,
            `update it first: pulumi up --target '${other}', then pulumi up; two guests that exchange such things need pulumi up --parallel 2 or more`,
        );
    }
    return error(
        `it is ${of}, which the program has not declared in this run`,
        `if "${logicalName(other)}" was renamed, say so: aliases: [{ name: "${logicalName(other)}" }]; if it is to go, remove it in a run of its own first, since Pulumi deletes last ` +
            "(deleteBeforeReplace is for replacements)",
    );
}

/** `stack dev of project shop`. */
function placeOf(urn: string): string {
    const { stack, project } = stackOf(urn) ?? { stack: urn, project: "" };
    return `stack ${stack} of project ${project}`;
}
