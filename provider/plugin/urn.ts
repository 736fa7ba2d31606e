import { UnikernelError } from "../../model";
import type { ResourceKind } from "../trampoline";

/**
 * The package's name in type tokens, in its executable (`pulumi-resource-unikernel`), and as its section in a stack's
 * config.
 */
export const PACKAGE = "unikernel";

/** Type tokens of the plugin's resources, for programs in every language. */
export const PLUGIN_TOKENS: Record<ResourceKind, string> = {
    unikernel: `${PACKAGE}:index:Unikernel`,
    blockImage: `${PACKAGE}:index:BlockImage`,
    networkInterface: `${PACKAGE}:index:NetworkInterface`,
    network: `${PACKAGE}:index:Network`,
    fleetRollOut: `${PACKAGE}:index:FleetRollOut`,
};

/** Type token of the fleet, a component: the engine asks the plugin to construct it, and knows its members alone. */
export const FLEET_TOKEN = `${PACKAGE}:index:UnikernelFleet`;

const KINDS = new Map(Object.entries(PLUGIN_TOKENS).map(([kind, token]) => [token, kind as ResourceKind]));

/**
 * Return the kind of resource of a URN: `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`.
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
