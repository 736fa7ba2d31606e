import type { Backend } from "../../../backends";
import {
    type GuestCapabilities,
    type InterfaceSpec,
    type Problem,
    SCHEMA_VERSION,
    type UnikernelSpec,
} from "../../../model";
import { isUnknown, UNKNOWN } from "../../handlers";
import { interfaceProblems, withIpv4Default } from "../../networkInterface";
import { resolveBlocks } from "../blocks/blocks";
import { blocksBefore } from "../diff/replacing";
import type { Guest } from "../guest";
import type { StoredInputs } from "../inputs";
import { resolveIdentity } from "./identity";
import type { KeptFiles } from "./keptFiles";

interface Known {
    backend: Backend;
    guest?: Guest;
    olds: Partial<StoredInputs>;
    files: KeptFiles;
    log(message: string): void;
}

/** Complete a spec with values that follow from the identity, the guest and the host. */
export async function completeSpec(
    { backend, guest, olds, files, log }: Known,
    values: Record<string, unknown>,
    problems: Problem[],
): Promise<UnikernelSpec> {
    const { resourceUrn, digestKey: _key, allowQemuArgs: _allowed, kept: _kept, rollOut: _rollOut, ...rest } = values;
    const capabilities = guest?.abi.capabilities(guest.kernel);
    const isRead = files.digestOf("kernel") === undefined;
    const former =
        !isRead || [values.kernel, values.guest, values.platform].some(isUnknown) ? formerly(olds) : undefined;
    const identity = await resolveIdentity(backend, String(resourceUrn), values, olds);
    const spec = {
        schemaVersion: SCHEMA_VERSION,
        ...rest,
        ...stateOf(backend),
        ...identity,
        guest: values.guest ?? guest?.abi.id ?? former?.guest,
        memory: memoryOf(values, guest, former),
        blocks: Array.isArray(values.blocks)
            ? await resolveBlocks(
                  values.blocks,
                  { uuid: identity.uuid, olds: blocksBefore(String(resourceUrn), olds.blocks), files, log },
                  problems,
              )
            : values.blocks,
        interfaces: Array.isArray(values.interfaces)
            ? values.interfaces.map((nic, index) =>
                  completeInterface(
                      nic,
                      index,
                      capabilities?.drivers[backend.platform] ?? former?.interfaces?.[index]?.driver,
                      problems,
                  ),
              )
            : values.interfaces,
    };
    return spec as UnikernelSpec;
}

/** Return the memory of a guest in MiB, or what stands for it while it is not known. */
export function memoryOf(
    { memory }: Record<string, unknown>,
    guest?: Guest,
    former?: { memory: number | string },
): unknown {
    return memory ?? former?.memory ?? defaultMemory(guest?.abi.capabilities(guest.kernel));
}

/**
 * Return the values that follow from a kernel: the old ones until the kernel is known, or unknown where there are none.
 */
function formerly({ guest = UNKNOWN, memory, interfaces }: Partial<StoredInputs>): {
    guest: string;
    memory: number | string;
    interfaces?: InterfaceSpec[];
} {
    return { guest, memory: memory ?? UNKNOWN, interfaces };
}

/** In MiB. */
function defaultMemory({ minMemory = 0, usualMemory = minMemory }: Partial<GuestCapabilities> = {}): number {
    return Math.max(64, 2 * usualMemory);
}

/** A medium does not run, so state must not say that it does. */
function stateOf({ consequences }: Backend): object {
    return consequences.state?.unsupported ? { state: undefined } : {};
}

function completeInterface(
    nic: InterfaceSpec,
    index: number,
    driver: string | undefined,
    problems: Problem[],
): InterfaceSpec {
    if (isUnknown(nic)) return nic;
    problems.push(...interfaceProblems(`interfaces[${index}].`, nic));
    const named = nic.driver ?? driver;
    return { ...withIpv4Default(nic), ...(named === undefined ? {} : { driver: named }) };
}
