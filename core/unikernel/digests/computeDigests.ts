import type { ConsequenceTable } from "../../../backends";
import { hashFile } from "../../../localFiles";
import type { Problem, UnikernelInputs, UnikernelSpec } from "../../../model";
import { problemOf } from "../../../model";
import { isUnknown, UNKNOWN } from "../../handlers";
import type { KeptFiles } from "../check/keptFiles";
import { withDigests } from "./digests";

type Digested = Omit<UnikernelInputs, "consequence">;

/**
 * Add the digests of everything that the guest boots from.
 * @param files those whose digest is taken from state
 * @param old the former boot digest, whose form is kept while the guest is the same
 * @param keyOf returns the key of digests over secrets and over disks with secrets; undefined, and so no key, where the
 * constructor knows of no secrets
 */
export async function computeDigests(
    spec: UnikernelSpec,
    files: Pick<KeptFiles, "digestOf">,
    keyOf: (() => Promise<string>) | undefined,
    table: ConsequenceTable,
    problems: Problem[],
    old?: string,
): Promise<Digested> {
    const digestKey = spec.secrets.length > 0 || hasSecretBlock(spec) ? await keyOf?.() : undefined;
    const digests = {
        kernel: files.digestOf("kernel") ?? (await fileDigest("kernel", spec.kernel, problems)) ?? "",
        initrd: files.digestOf("initrd") ?? (await fileDigest("initrd", spec.initrd, problems)),
        blocks: Array.isArray(spec.blocks) ? spec.blocks.map(({ digest }) => digest) : [UNKNOWN],
    };
    return withDigests({ ...spec, digests, digestKey }, table, old);
}

async function fileDigest(
    property: string,
    path: string | undefined,
    problems: Problem[],
): Promise<string | undefined> {
    if (path === undefined || isUnknown(path)) return path;
    try {
        return await hashFile(path);
    } catch (error) {
        problems.push(problemOf(property, error));
        return undefined;
    }
}

function hasSecretBlock({ blocks }: UnikernelSpec): boolean {
    return Array.isArray(blocks) && blocks.some((block) => block.secret);
}
