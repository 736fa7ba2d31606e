import { type Backend, type FoundGuest, type Imported, type Importer, isImporter, platformAt } from "../../../backends";
import { formatOf, needsAnotherFile } from "../../../images";
import { hashFile } from "../../../localFiles";
import type { Problem, UnikernelSpec } from "../../../model";
import { HOST_PLATFORMS, problemOf, UnikernelError } from "../../../model";
import type { NamesWhere, UnikernelRows } from "../../../model/arguments";
import type { ImportTarget } from "../../handlers";
import { nameOf } from "../blocks/blocks";
import { checkArguments } from "../check/check";
import { bootDigest, formOf } from "../digests/digests";
import type { StoredInputs, StoredOutputs } from "../inputs";
import { outputsOf, refOf, withDrift } from "../outputs";
import { planGuest } from "../plan";
import type { UnikernelServices } from "../services";
import { type ConfigCandidate, configCandidates } from "./configCandidates";
import { importInterface } from "./importInterface";

/**
 * Import a guest that is not in state: return inputs, as check would make them of a program that declares the guest,
 * and its outputs. Only reads: the guest, its files and its definition stay unchanged until the first update.
 * @returns undefined when the host has no such guest
 * @throws UnikernelError `unsupported` with everything that cannot be declared, `unreachable`
 */
export async function importUnikernel(
    services: UnikernelServices,
    { urn, uuid, name, allowQemuArgs, connection: named }: ImportTarget,
): Promise<StoredOutputs | undefined> {
    const { backend, connection } = hostOf(services, named);
    const found = await backend.importGuest(connection, { uuid, name });
    if (!found) return undefined;
    const inputs = await declare(services, backend, found, { connection, urn, allowQemuArgs });
    const plan = await planGuest(inputs);
    const imported = importedOf(found, inputs, plan.guest.shutdown);
    const applied = {
        ...inputs,
        ...(imported ? { imported } : {}),
        ...(found.mark ? { bootDigest: found.mark.bootDigest } : {}),
    };
    const observation = await backend.observe(refOf(inputs), applied);
    if (!observation) return undefined;
    for (const warning of [...found.warnings, ...ownerWarnings(found, urn), ...ownFolderWarnings(found)])
        services.log(`warning: ${found.name}: ${warning}`);
    return withDrift(outputsOf(applied, observation, plan), observation);
}

/** Return the platform of a connection's host; without a connection, the first platform and its default one. */
function hostOf(
    { backend }: UnikernelServices,
    connection: string | undefined,
): { backend: Backend & Importer; connection: string } {
    const platform = connection === undefined ? HOST_PLATFORMS[0] : platformAt(connection, backend);
    if (!platform) {
        throw new UnikernelError("unsupported", `${connection} leads to no host whose guests can be imported`, {
            property: "connection",
            hint: "expected a libvirt URI such as qemu:///system",
        });
    }
    const found = backend(platform);
    if (isImporter(found)) return { backend: found, connection: connection ?? found.defaultConnection() };
    throw new UnikernelError("unsupported", `guests on ${connection} (platform ${platform}) cannot be imported`, {
        property: "connection",
        hint: "remove that domain and declare the guest; pulumi up then creates it",
    });
}

type ImportedArgument = NamesWhere<UnikernelRows, "imported", true>;

/**
 * Return the inputs of the program that would have made the guest: in the kernel's own ABI where that can express the
 * whole configuration, else as raw.
 */
async function declare(
    services: UnikernelServices,
    backend: Backend,
    found: FoundGuest,
    { connection, urn, allowQemuArgs }: { connection: string; urn: string; allowQemuArgs?: boolean },
): Promise<StoredInputs> {
    const { host, uuid, name, memory, vcpus, onCrash, accelerator, autostart, state, kernel, gdb, qemuArgs } = found;
    // An imported guest keeps its crash policy, even one that cannot be carried out.
    const identity = { uuid, name, connection, host, platform: backend.platform, onCrash };
    const said: string[] = [];
    const problems: Problem[] = [];
    const blocks = named(await formatted(found, problems));
    for (const candidate of problems.length > 0 ? [] : await configCandidates(found, backend.platform)) {
        const news = {
            platform: backend.platform,
            connection,
            name,
            kernel,
            memory,
            vcpus,
            onCrash,
            accelerator,
            autostart,
            state,
            gdb,
            qemuArgs,
            allowQemuArgs,
            ...argumentsOf(candidate, found, blocks),
            resourceUrn: urn,
        } satisfies Record<ImportedArgument | "allowQemuArgs" | "resourceUrn", unknown>;
        said.splice(0);
        const { whole, failures } = await checkArguments(
            { ...services, log: (message) => said.push(message) },
            identity,
            news,
        );
        problems.splice(0, problems.length, ...failures);
        if (!whole || failures.length > 0) continue;
        for (const line of said) services.log(line);
        return { ...asMarked(whole, found, backend), consequence: "imported" };
    }
    const reasons = problems.map(({ property, reason }) => `${property}: ${reason}`).join("; ");
    throw new UnikernelError("unsupported", `domain ${name} cannot be imported: ${reasons}`, {
        hint: hintOf(problems, name),
    });
}

function hintOf(problems: Problem[], name: string): string {
    if (problems.some(({ property }) => property === "name")) return `virsh domrename ${JSON.stringify(name)} ANOTHER`;
    return "change the domain with virsh edit, or do not import it";
}

function argumentsOf({ guest, config, initrd }: ConfigCandidate, { interfaces, names }: FoundGuest, blocks: object[]) {
    const { args, env, hostname, mounts, interfaces: addresses } = config;
    return {
        guest,
        args,
        env,
        hostname,
        initrd,
        blocks: blocks.map((block, index) => ({
            ...block,
            ...(mounts[index] === undefined ? {} : { mount: mounts[index] }),
        })),
        interfaces: interfaces.map((nic, index) => importInterface(nic, addresses[index], names[index])),
    };
}

interface Declared {
    path: string;
    name?: string;
}

/** Give names to blocks only where base names are equal. */
function named(blocks: Declared[]): Declared[] {
    return blocks.map(({ name, ...block }, index) => {
        const alike = blocks.filter((other) => other.name === name);
        if (name === undefined || alike.length === 1) return block;
        const number = blocks.slice(0, index).filter((other) => other.name === name).length + 1;
        return { ...block, name: number === 1 ? name : `${name}-${number}` };
    });
}

/**
 * Return the blocks with their formats. An image of any file system is raw to its host; `format` is given only for a
 * raw disk that looks like qcow2.
 */
async function formatted({ uuid, blocks }: FoundGuest, problems: Problem[]): Promise<Declared[]> {
    return Promise.all(
        blocks.map(async ({ path, access, format }, index) => {
            try {
                // Hashing first reports a folder that this user may not enter.
                const digest = await hashFile(path);
                const looksLike = await formatOf(path);
                if (format === "qcow2" && looksLike !== "qcow2")
                    throw new UnikernelError("invalid", `${path} is no qcow2 image`);
                if (format === "qcow2" && (await needsAnotherFile(path)))
                    throw new UnikernelError(
                        "unsupported",
                        `${path} needs another file (a backing or data file); flatten it with qemu-img convert first`,
                    );
                return {
                    path,
                    access,
                    ...(format === "raw" && looksLike === "qcow2" ? { format } : {}),
                    name: nameOf(path, uuid, digest),
                };
            } catch (error) {
                problems.push(problemOf(`blocks[${index}].path`, error));
                return { path, access };
            }
        }),
    );
}

/** A host shows the accelerator that `auto` chose: declare `auto` when the mark's digest says so. */
function asMarked(
    whole: Omit<StoredInputs, "consequence">,
    { mark }: FoundGuest,
    { consequences }: Backend,
): Omit<StoredInputs, "consequence"> {
    const open = { ...whole, accelerator: "auto" as const };
    return mark && bootDigest(open, consequences, formOf(mark.bootDigest)) === mark.bootDigest
        ? { ...open, bootDigest: mark.bootDigest }
        : whole;
}

/** Return undefined for a guest of this declaration whose definition agrees with its mark. */
function importedOf(
    { mark, definition }: FoundGuest,
    { urn, bootDigest: own }: UnikernelSpec & { bootDigest: string },
    shutdown: boolean,
): Imported | undefined {
    if (mark?.urn === urn && mark.bootDigest === own) return undefined;
    return { definition, shutdown, ...(mark && mark.urn !== urn ? { urn: mark.urn } : {}) };
}

/** Warn about the former owner, who should know that an import takes the guest. */
function ownerWarnings({ mark }: FoundGuest, urn: string): string[] {
    if (!mark) return [];
    const by = `${mark.creator.user}@${mark.creator.machine}`;
    if (mark.urn !== urn)
        return [
            `it belongs to ${mark.urn}, made by ${by}; if another state still has it, remove it there: pulumi state delete '${mark.urn}'`,
        ];
    return [
        `it was made by ${by} for the same project, stack and name; a state that still has it loses it with the first update`,
    ];
}

/** Warn about files in the guest's own folder, which are removed with the guest. */
function ownFolderWarnings({ uuid, kernel, initrd, blocks }: FoundGuest): string[] {
    const inside = [kernel, initrd, ...blocks.map(({ path }) => path)].filter(
        (path) => path?.split("/").at(-2) === uuid,
    );
    return inside.length > 0
        ? [
              `${inside.join(", ")}: these files are removed with the guest; copy them into your program's folder, and name the copies`,
          ]
        : [];
}
