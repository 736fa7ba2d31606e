import { readFile } from "node:fs/promises";
import { stackOf, UnikernelError } from "../../model";
import { isGuest, resourcesOf, typeOf } from "../stackExport";

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
    const resources = resourcesOf(text, path);
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
    const guests = resources.filter(isGuest);
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
