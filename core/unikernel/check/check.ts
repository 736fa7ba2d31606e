import { type Backend, checksHosts, type HostProblem, type Imported } from "../../../backends";
import {
    type EncodedGuest,
    PLATFORMS,
    type Problem,
    problemOf,
    same,
    UnikernelError,
    type UnikernelSpec,
} from "../../../model";
import { unikernelElements } from "../../../model/arguments";
import { parseArguments } from "../../arguments";
import { containsUnknown, isUnknown } from "../../handlers";
import { noteInRun } from "../../identityOwners";
import { digestKeyOf } from "../../secrets/digestKeys";
import { refuseNewerState, schemaVersionAfter } from "../../state";
import { type ConsequenceSource, consequenceOfCheck } from "../diff/consequenceOfCheck";
import { differences } from "../diff/diff";
import { folderWarning } from "../diff/folder";
import { computeDigests } from "../digests/computeDigests";
import type { Guest } from "../guest";
import { findGuest, isProblem } from "../guest";
import type { StoredInputs } from "../inputs";
import { hostsDeclared, notePlace } from "../place";
import { unikernelShape } from "../schema";
import type { UnikernelServices } from "../services";
import { noteMember } from "../turn";
import { claim } from "./claims";
import { completeSpec, memoryOf } from "./complete";
import { keptFiles } from "./keptFiles";
import { limitProblems, withEnvironment } from "./limits";
import { mediumSourceProblems } from "./mediumSource";
import { unsupportedProblems } from "./unsupported";

type Values = Record<string, unknown>;
interface Checked {
    inputs: Values;
    failures: Problem[];
}

/**
 * Turn arguments into inputs: defaults, identity, digests, and the consequence of the change. Reads files, changes
 * nothing. Reports every problem at once; unknown values are left for the next check.
 */
export async function checkUnikernel(
    services: UnikernelServices,
    olds: Partial<StoredInputs>,
    news: Values,
): Promise<Checked> {
    refuseNewerState(olds);
    if (olds.uuid !== undefined) {
        noteInRun(olds.uuid, String(news.resourceUrn));
        notePlace(String(news.resourceUrn), olds);
    }
    const { whole, inputs, failures, consequenceSource } = await checkArguments(services, olds, news);
    if (!whole || !consequenceSource || failures.length > 0)
        return { inputs: { ...inputs, ...(whole ? { consequence: "" } : {}) }, failures };
    const found = differences(olds, { ...whole, consequence: "" }, consequenceSource.consequences);
    const consequence = await consequenceOfCheck(olds, whole, found, consequenceSource);
    const warning = folderWarning(olds, whole);
    if (warning !== undefined) services.log(`warning: ${warning}`);
    const unchanged = found.length === 0;
    noteMember(olds, whole, news, unchanged ? undefined : consequence, services.isReplaced?.(whole.urn));
    return {
        inputs: {
            ...whole,
            schemaVersion: schemaVersionAfter(olds, unchanged),
            ...stillImported(services, olds, unchanged),
            consequence,
        },
        failures,
    };
}

/**
 * An imported guest counts as imported until something changes: the first update writes its definition again and
 * restarts it.
 */
function stillImported(
    services: UnikernelServices,
    { imported }: Partial<StoredInputs>,
    unchanged: boolean,
): { imported?: Imported } {
    if (!imported) return {};
    if (unchanged) return { imported };
    services.log("this guest was imported: the first update copies its boot files and restarts it");
    return {};
}

/** The result of a check. `whole`: the inputs except their consequence, which `judge` decides. */
interface Found extends Checked {
    whole?: Omit<StoredInputs, "consequence">;
    consequenceSource?: ConsequenceSource;
}

/** Turn arguments into inputs, without the consequence of the change. */
export async function checkArguments(
    services: UnikernelServices,
    olds: Partial<StoredInputs>,
    news: Values,
): Promise<Found> {
    const outside = withEnvironment(news);
    const hasList = outside.args.hosts !== undefined;
    const { values, problems } = parseArguments(
        unikernelShape,
        hasList ? hostsDeclared().beforeHost(outside.args) : outside.args,
        unikernelElements,
    );
    problems.push(...outside.problems);
    refuseQemuArgs(values, problems);
    // While the platform is unknown, the old one stays in force, so that identity and host are not lost.
    const backend = findBackend(services, isUnknown(values.platform) ? olds.platform : values.platform, problems);
    if (!backend) return { inputs: { ...values }, failures: problems };
    if (!isUnknown(values.platform)) problems.push(...unsupportedProblems(values, backend.consequences));
    const files = keptFiles(values, olds, values.kept);
    // A kernel that is not read was checked when it was.
    const guest = files.digestOf("kernel") === undefined ? await guestOf(values, problems) : undefined;
    if (hasList) {
        const memory = memoryOf(values, guest);
        await hostsDeclared().resolveHosts({ services, backend, olds, args: outside.args, memory }, values, problems);
    }
    const spec = await completeSpec(
        {
            backend,
            guest,
            olds,
            files,
            log: (message) => {
                services.log(message);
            },
        },
        values,
        problems,
    );
    problems.push(...limitProblems({ ...spec }, outside.limits));
    if (guest && problems.length === 0 && !containsUnknown(spec)) {
        const found = await guestProblems(backend, guest, spec);
        problems.push(...found.filter(({ property }) => !isKept(property, olds, spec)));
        for (const { property, reason } of found)
            if (isKept(property, olds, spec)) services.log(`warning: ${property}: ${reason}`);
        for (const { property, reason } of guest.abi.warnings(spec, guest.kernel))
            services.log(`warning: ${property}: ${reason}`);
    }
    /** Earlier releases accepted these: while the named properties are unchanged, a problem is only a warning. */
    const addNew = (found: HostProblem[], ...names: (keyof StoredInputs & keyof typeof spec)[]): void => {
        const asBefore = names.every((name) => same(olds[name], spec[name]));
        for (const { uncertain, property, reason } of found) {
            if (asBefore !== (uncertain ?? false)) services.log(`warning: ${property}: ${reason}`);
            else if (!asBefore) problems.push({ property, reason });
        }
    };
    if (checksHosts(backend) && problems.length === 0 && !containsUnknown(spec))
        addNew(backend.newProblems(spec), "readiness", "interfaces", "connection");
    if (problems.length === 0 && !containsUnknown([spec.platform, spec.name, spec.output, spec.blocks]))
        problems.push(...(await mediumSourceProblems(spec)));
    const held = [spec.interfaces, spec.gdb, spec.name, spec.output, spec.burn, spec.host ?? spec.connection];
    if (Array.isArray(spec.interfaces) && !containsUnknown(held)) problems.push(...claim(spec));
    if (problems.length > 0) return { inputs: { ...spec }, failures: problems };
    if (checksHosts(backend) && !containsUnknown([spec.connection, spec.interfaces]))
        addNew(await backend.hostProblems(spec), "interfaces", "connection");
    if (problems.length > 0) return { inputs: { ...spec }, failures: problems };
    const keyOf = () =>
        digestKeyOf({
            urn: String(values.resourceUrn),
            old: olds.digestKey,
            given: values.digestKey,
            log: (message) => {
                services.log(message);
            },
        });
    const whole = await computeDigests(
        spec,
        files,
        values.digestKey === undefined ? undefined : keyOf,
        backend.consequences,
        problems,
        olds.bootDigest,
    );
    return { inputs: { ...whole }, whole, consequenceSource: backend, failures: problems };
}

/**
 * Return whether an earlier release accepted this guest with a crash policy that cannot be carried out: it may keep the
 * policy.
 */
function isKept(property: string, olds: Partial<StoredInputs>, spec: UnikernelSpec): boolean {
    return property === "onCrash" && olds.onCrash === spec.onCrash;
}

function refuseQemuArgs({ qemuArgs, allowQemuArgs }: Values, problems: Problem[]): void {
    if (!Array.isArray(qemuArgs) || qemuArgs.length === 0 || allowQemuArgs === true) return;
    problems.push({
        property: "qemuArgs",
        reason: "arguments for QEMU itself are off in this stack; allow them with: pulumi config set unikernel:allowQemuArgs true",
    });
}

function findBackend(services: UnikernelServices, platform: unknown, problems: Problem[]): Backend | undefined {
    const known = PLATFORMS.find((one) => one === platform);
    if (!known) return undefined;
    try {
        return services.backend(known);
    } catch (error) {
        problems.push(problemOf("platform", error));
        return undefined;
    }
}

async function guestOf({ kernel, guest, platform }: Values, problems: Problem[]): Promise<Guest | undefined> {
    if (typeof kernel !== "string" || [kernel, guest, platform].some(isUnknown)) return undefined;
    const found = await findGuest(kernel, guest as string | undefined, platform as UnikernelSpec["platform"]);
    if (!isProblem(found)) return found;
    problems.push(found);
    return undefined;
}

/** Return the problems of the guest with its spec, and of the platform with the guest. */
async function guestProblems(backend: Backend, { abi, kernel }: Guest, spec: UnikernelSpec): Promise<Problem[]> {
    const problems = abi.check(spec, kernel);
    // encode() expects a spec that the ABI's own check accepts.
    const boot = problems.length === 0 ? encoded(abi, spec, kernel) : undefined;
    return [...problems, ...(await backend.check(spec, { guest: abi.capabilities(kernel), boot }))];
}

/** Return undefined when a boot file cannot be read; computing its digest reports that. */
function encoded(abi: Guest["abi"], spec: UnikernelSpec, kernel: Guest["kernel"]): EncodedGuest | undefined {
    try {
        return abi.encode(spec, { platform: spec.platform, initrd: spec.initrd, kernel });
    } catch (error) {
        if (error instanceof UnikernelError) return undefined;
        throw error;
    }
}
