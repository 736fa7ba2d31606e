import { readFile } from "node:fs/promises";
import { stackOf, UnikernelError } from "../../model";

/** The guests of one stack, by a file of `pulumi stack export`. */
export interface KnownStack {
    project: string;
    stack: string;
    /** Uuids of its unikernels, including those that an interrupted run was about to delete or replace. */
    uuids: Set<string>;
    /** MACs of interfaces that its unikernels use. */
    macs: Set<string>;
    /** MACs of its interfaces that no unikernel uses. */
    idleMacs: Set<string>;
}

/**
 * Read a state file.
 * @param argument FILE, or PROJECT/STACK=FILE for a stack without resources, whose file names neither
 * @throws UnikernelError `invalid`, `not-found`
 */
export async function readState(argument: string): Promise<KnownStack> {
    const [, project, stack, named] = /^([^=/]+)\/([^=/]+)=(.+)$/.exec(argument) ?? [];
    const path = named ?? argument;
    const text = await readFile(path, "utf8").catch((cause: unknown) => {
        throw new UnikernelError("not-found", `the state file ${path} cannot be read`, {
            hint: "pulumi stack export --stack STACK > FILE makes one",
            cause,
        });
    });
    const resources = resourcesIn(parse(text, path));
    const found = resources.map(({ urn }) => stackOf(urn)).find((one) => one !== undefined);
    if (found && project !== undefined && (found.project !== project || found.stack !== stack)) {
        throw new UnikernelError(
            "invalid",
            `${path} is the state of ${found.project}/${found.stack}, not of ${project}/${stack}`,
        );
    }
    const name = found ?? (project === undefined || stack === undefined ? undefined : { project, stack });
    if (!name)
        throw new UnikernelError("invalid", `${path} has no resources, so it names no project and stack`, {
            hint: `write --state PROJECT/STACK=${path}`,
        });
    const guests = resources.filter(({ urn }) => /unikernel:(index:)?Unikernel$/.test(typeOf(urn)));
    const uuids = guests.flatMap(({ id, values }) => [id, values.uuid]).filter((one) => typeof one === "string");
    const macs = new Set(
        guests.flatMap(({ values }) =>
            (Array.isArray(values.interfaces) ? values.interfaces : []).map((nic: unknown) =>
                String(Object(nic).mac).toLowerCase(),
            ),
        ),
    );
    const idle = resources
        .filter(({ urn }) => /unikernel:(index:)?NetworkInterface$/.test(typeOf(urn)))
        .map(({ values }) => String(values.mac).toLowerCase());
    return { ...name, uuids: new Set(uuids), macs, idleMacs: new Set(idle.filter((mac) => !macs.has(mac))) };
}

interface Resource {
    urn: string;
    id?: string;
    values: Record<string, unknown>;
}

function parse(text: string, path: string): unknown {
    try {
        const document: unknown = JSON.parse(text);
        if (typeof Object(document).deployment === "object" && Object(document).deployment !== null)
            return Object(document).deployment;
    } catch {
        /* reported below */
    }
    throw new UnikernelError(
        "invalid",
        `${path} is not what pulumi stack export writes: expected a JSON document with "deployment"`,
    );
}

/**
 * Include pending operations: an interrupted update or delete is of a guest in state, an interrupted create proves
 * nothing.
 */
function resourcesIn(deployment: unknown): Resource[] {
    const { resources, pending_operations: pending } = Object(deployment) as {
        resources?: unknown;
        pending_operations?: unknown;
    };
    const begun = list(pending)
        .filter((one) => Object(one).type !== "creating")
        .map((one) => Object(one).resource as unknown);
    return [...list(resources), ...begun].flatMap((one) => {
        const { urn, id, inputs, outputs } = Object(one) as {
            urn?: unknown;
            id?: unknown;
            inputs?: object;
            outputs?: object;
        };
        return typeof urn === "string"
            ? [{ urn, ...(typeof id === "string" ? { id } : {}), values: { ...inputs, ...outputs } }]
            : [];
    });
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

function typeOf(urn: string): string {
    return urn.split("::")[2]?.split("$").at(-1) ?? "";
}
