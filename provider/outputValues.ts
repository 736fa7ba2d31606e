import * as pulumi from "@pulumi/pulumi";
import { UnikernelError, type Values } from "../model/declared";

/** How a program's arguments hold values that are known later. An Output that is formed of a secret is secret. */
export const outputValues: Values = {
    isLater: (value) => pulumi.Output.isInstance(value) || typeof Object(value).then === "function",
    isWhole: (value) =>
        pulumi.Resource.isInstance(value) ||
        pulumi.asset.Asset.isInstance(value) ||
        pulumi.asset.Archive.isInstance(value),
    form: (values, form) =>
        pulumi.all(values.map((value) => pulumi.output(value))).apply((known) => formed(known, form)),
};

/** The SDK shows the text of a RunError alone, and of every other error the stack. */
function formed(known: unknown[], form: (known: unknown[]) => unknown): unknown {
    try {
        return form(known);
    } catch (error) {
        throw error instanceof UnikernelError ? new pulumi.RunError(error.message) : error;
    }
}
