import { UnikernelError } from "../../spec";
import type { ResourceKind } from "../trampoline";

/** The name of the package: of its tokens, its executable (`pulumi-resource-unikernel`), and its section in a stack's config. */
export const PACKAGE = "unikernel";

/** Type tokens of the plugin's resources, for programs of every language. */
export const PLUGIN_TOKENS: Record<ResourceKind, string> = {
    unikernel: `${PACKAGE}:index:Unikernel`,
    blockImage: `${PACKAGE}:index:BlockImage`,
    networkInterface: `${PACKAGE}:index:NetworkInterface`,
};

const KINDS = new Map(Object.entries(PLUGIN_TOKENS).map(([kind, token]) => [token, kind as ResourceKind]));

/**
 * What a URN is of: `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`.
 * @throws UnikernelError `invalid`
 */
export function kindOf(urn: string): ResourceKind {
    const token = urn.split("::")[2]?.split("$").at(-1) ?? "";
    const kind = KINDS.get(token);
    if (kind) return kind;
    throw new UnikernelError(
        "invalid",
        `this plugin has no resource ${JSON.stringify(token)} (URN ${JSON.stringify(urn)})`,
        {
            hint: `it has ${[...KINDS.keys()].join(", ")}`,
        },
    );
}
