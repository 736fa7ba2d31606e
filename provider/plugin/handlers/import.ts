import type { Handlers } from "../../../core";
import { isUuid, UnikernelError } from "../../../model";
import type { ResourceKind } from "../../trampoline";
import type { Configuration } from "../configuration";

type Found = Awaited<ReturnType<Handlers["read"]>>;

/**
 * Import a resource that is not in state.
 * @param id for a unikernel or a network: its uuid, or `connection#name`
 * @throws UnikernelError `unsupported`, `not-found`
 */
export async function importResource(
    kind: ResourceKind,
    urn: string,
    id: string,
    configuration: Configuration,
    handlers: Handlers,
): Promise<Found> {
    if (kind === "unikernel" || kind === "network") {
        if (!handlers.importGuest)
            throw new UnikernelError("unsupported", "this release does not import guests", {
                hint: "declare the guest under its name, with adopt: true; pulumi up then takes it over",
            });
        const [, connection, name] = /^(.*:\/\/.*)#([^#]+)$/.exec(id) ?? [];
        const { connection: configured } = configuration.defaultsOf("kvm");
        const found = await handlers.importGuest({
            urn,
            allowQemuArgs: configuration.allowQemuArgs,
            connection: connection ?? textOr(configured),
            ...(name ? nameOrUuid(name) : nameOrUuid(id)),
        });
        if (found) return found;
        throw new UnikernelError(
            "not-found",
            `there is no ${OBJECTS[kind]} ${name ?? id}${connection ? ` on ${connection}` : ""}`,
            {
                hint: `an id is a ${OBJECTS[kind]}'s uuid, or CONNECTION#NAME, such as qemu:///system#web`,
            },
        );
    }
    throw new UnikernelError(
        "unsupported",
        `a ${NAMES[kind]} is a declaration: there is nothing on a host that could be imported`,
        {
            hint: "declare it; the next pulumi up finds or builds what it needs",
        },
    );
}

/** What a resource is on its host. */
const OBJECTS = { unikernel: "domain", network: "network" };

const NAMES: Record<Exclude<ResourceKind, keyof typeof OBJECTS>, string> = {
    blockImage: "BlockImage",
    networkInterface: "NetworkInterface",
    fleetRollOut: "FleetRollOut",
};

function nameOrUuid(text: string): { uuid: string } | { name: string } {
    return isUuid(text) ? { uuid: text.toLowerCase() } : { name: text };
}

function textOr(value: unknown): string | undefined {
    return typeof value === "string" ? value : undefined;
}
