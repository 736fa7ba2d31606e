import { ownAddress, type Problem, type UnikernelSpec } from "../../model";
import { checkEnvNames, checkHostname, checkLimits, checkLineWords, refuseMirage, unless } from "../checks";
import { checkLineLength, hasPath, included, LONGEST_HOSTNAME } from "../commandLine";
import type { KernelFacts, UnikraftFacts } from "../kernel";
import { unikraftCapabilities } from "./capabilities";
import { PARAMETERS, parametersOf, quote, SEPARATOR, words } from "./commandLine";
import { initrdProblems } from "./initrd";
import { takes } from "./parameters";

/** LIBUKBOOT_CMDLINE_MAX_LEN: a longer line ends the boot without a word. */
const LONGEST_LINE = 4096;

/** LIBUKBOOT_MAXNBARGS is 60, with the program's name; the last of them is neither cut at its end nor rid of quotes. */
const MOST_WORDS = 59;

export function checkUnikraft(spec: UnikernelSpec, kernel: KernelFacts): Problem[] {
    const build = kernel.elf?.unikraft;
    return [
        ...unless(
            build !== undefined,
            "guest",
            "a Unikraft kernel has the section .uk_libinfo; this one has not (was it stripped?)",
        ),
        ...checkLimits(spec, unikraftCapabilities(kernel)),
        ...refuseMirage(spec),
        ...checkLineWords(spec),
        ...spec.args.flatMap((argument, index) =>
            unless(argument !== "", `args[${index}]`, "Unikraft drops an empty argument; leave it out"),
        ),
        ...checkEnvNames(spec),
        ...checkHostname(spec, LONGEST_HOSTNAME),
        ...checkDevices(spec, build),
        ...checkParameters(spec, build),
        ...initrdProblems(spec.initrd),
        ...checkLine(spec, build),
    ];
}

/** Refuse devices without a driver, and settings that Unikraft has no place for. */
function checkDevices(spec: UnikernelSpec, build: UnikraftFacts | undefined): Problem[] {
    const [card, disk] =
        spec.platform === "xen"
            ? [
                  ["libnetfront", "libxennetfront"],
                  ["libblkfront", "libxenblkfront"],
              ]
            : [["libvirtio_net"], ["libvirtio_blk"]];
    return [
        ...spec.interfaces.flatMap(({ driver, ipv6 }, index) => [
            ...lacking(build, card, `interfaces[${index}]`),
            ...unless(
                driver === undefined,
                `interfaces[${index}].driver`,
                `"${driver}": Unikraft names its interfaces itself; leave driver out`,
            ),
            ...unless(
                ipv6 === undefined,
                `interfaces[${index}].ipv6`,
                `Unikraft takes IPv4 addresses only (${PARAMETERS.address})`,
            ),
        ]),
        ...spec.blocks.flatMap(({ mount }, index) => [
            ...lacking(build, disk, `blocks[${index}]`),
            ...unless(
                mount === undefined,
                `blocks[${index}].mount`,
                "Unikraft mounts no disk: put the files into initrd, a cpio archive, which becomes its root",
            ),
            ...unless(
                spec.platform !== "iso",
                `blocks[${index}]`,
                "a Unikraft guest cannot learn where on a medium its disks are; put the files into initrd",
            ),
        ]),
        ...(spec.initrd === undefined ? [] : lacking(build, ["libukcpio"], "initrd")),
    ];
}

/** Return a problem unless the build has one of the libraries, or does not list any. */
function lacking(build: UnikraftFacts | undefined, libraries: string[], property: string): Problem[] {
    if (!build || build.libraries.length === 0) return [];
    return unless(
        libraries.some((name) => build.libraries.includes(name)),
        property,
        `the kernel was built without ${libraries[0]}, which this needs`,
    );
}

/** What a build needs so that it takes a parameter. */
const BUILD_OPTIONS: Record<string, string> = {
    [PARAMETERS.address]: "CONFIG_LIBUKNETDEV_EINFO_LIBPARAM",
    [PARAMETERS.variable]: "CONFIG_LIBPOSIX_ENVIRON_LIBPARAM",
    [PARAMETERS.fileSystems]: "CONFIG_LIBVFSCORE_AUTOMOUNT_UP",
};

/** Check that the kernel takes the parameters that the spec needs, and as many values: it ignores others silently. */
function checkParameters(spec: UnikernelSpec, build: UnikraftFacts | undefined): Problem[] {
    const wanted = parametersOf(spec, takes(build, PARAMETERS.fileSystems));
    return [
        ...unless(
            spec.hostname === undefined || spec.interfaces.length > 0,
            "hostname",
            "Unikraft gets its host name with an interface; this guest has none",
        ),
        ...[...new Set(wanted.map(([name]) => name))].flatMap((name) => {
            const values = wanted.filter(([one]) => one === name).length;
            const most = build?.parameters?.find((one) => one.name === name)?.count;
            const property = PROPERTIES(spec)[name] ?? "";
            if (!takes(build, name))
                return [
                    {
                        property,
                        reason: `the kernel takes no parameter ${name}, and would ignore it; build it with ${BUILD_OPTIONS[name]}=y`,
                    },
                ];
            return unless(
                most === undefined || values <= most,
                property,
                `${values} values of ${name}: this kernel takes at most ${most}, and drops the others`,
            );
        }),
    ];
}

/** The property that needs a parameter. */
const PROPERTIES = ({ hostname, interfaces }: UnikernelSpec): Record<string, string> => {
    const first = interfaces.findIndex(({ ipv4 }) => ownAddress(ipv4));
    return {
        [PARAMETERS.address]:
            first >= 0 ? `interfaces[${first}].ipv4.address` : hostname === undefined ? "" : "hostname",
        [PARAMETERS.variable]: "env",
        [PARAMETERS.fileSystems]: "initrd",
    };
};

function checkLine(spec: UnikernelSpec, build: UnikraftFacts | undefined): Problem[] {
    const line = words(spec, takes(build, PARAMETERS.fileSystems));
    const count = line.length + (hasPath(spec.platform) ? 1 : 0);
    return [
        ...checkLineLength(line.map(quote).join(" "), spec.platform, LONGEST_LINE, "Unikraft"),
        ...unless(
            count <= MOST_WORDS,
            "args",
            `the command line is ${count} words${included(spec.platform)}; Unikraft takes at most ${MOST_WORDS}`,
        ),
        // Where nothing needs a parameter, the guest looks for a separator among the arguments.
        ...unless(
            build?.parameters?.length === 0 ||
                !spec.args.includes(SEPARATOR) ||
                line.indexOf(SEPARATOR) < line.length - spec.args.length,
            `args[${spec.args.indexOf(SEPARATOR)}]`,
            `Unikraft would take "${SEPARATOR}" for the end of its own parameters, and drop the arguments before it`,
        ),
    ];
}
