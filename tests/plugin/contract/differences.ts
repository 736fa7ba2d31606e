import { isDeepStrictEqual } from "node:util";
import { SECRET, SIGNATURE } from "../../../provider/plugin/wire/wire";

/** One value of a transcript that is another by one of the hosts. */
export interface Found {
    step: string;
    path: string;
    bare: unknown;
    there: unknown;
}

/** What a host does in another way than the bare handlers, and why. */
export interface Listed {
    difference: string;
    why: string;
    is(found: Found): boolean;
}

const isSecret = (value: unknown): value is { value: unknown } =>
    typeof value === "object" && value !== null && SIGNATURE in value && Reflect.get(value, SIGNATURE) === SECRET;

/** As docs/dev/decisions/0002-one-core-two-providers.md lists them. */
export const LISTED: Record<"dynamic" | "plugin", Listed[]> = {
    dynamic: [
        {
            difference: "`__provider` in inputs and outputs",
            why: "the SDK's host finds the handlers by the program that state carries",
            is: ({ path, bare }) => path.endsWith("__provider") && bare === undefined,
        },
    ],
    plugin: [
        {
            difference: "secrets are marked as such",
            why: "the engine passes them marked to a plugin that asks for it; to dynamic providers in plain, and marks outputs of the same name",
            is: ({ bare, there }) => isSecret(there) && there.value === bare,
        },
        {
            difference: "a diff that the handlers leave to the engine says that there are changes",
            why: "it names them one by one, which dynamic providers cannot; the verdict is the handlers'",
            is: ({ step, path, bare, there }) =>
                step.startsWith("diff ") && path === "changes" && bare === undefined && there === true,
        },
        {
            difference: "a data image, too, says deleteBeforeReplace",
            why: "the classes say it for every resource as an option; a program in another language need not",
            is: ({ step, path, bare, there }) =>
                step === "diff of another image" && path === "deleteBeforeReplace" && bare === false && there === true,
        },
    ],
};

/** Every value in which two transcripts differ; what is on one side only is undefined on the other. */
export function differencesOf(bare: Record<string, unknown>, there: Record<string, unknown>): Found[] {
    return [...new Set([...Object.keys(bare), ...Object.keys(there)])].flatMap((step) =>
        leaves(step, "", bare[step], there[step]),
    );
}

function leaves(step: string, path: string, bare: unknown, there: unknown): Found[] {
    if (isDeepStrictEqual(bare, there)) return [];
    const both =
        [bare, there].every((value) => typeof value === "object" && value !== null) &&
        Array.isArray(bare) === Array.isArray(there);
    if (!both || isSecret(there)) return [{ step, path, bare, there }];
    const keys = new Set([...Object.keys(Object(bare)), ...Object.keys(Object(there))]);
    return [...keys].flatMap((key) =>
        leaves(step, path ? `${path}.${key}` : key, Reflect.get(Object(bare), key), Reflect.get(Object(there), key)),
    );
}
