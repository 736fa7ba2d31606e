import { ownAddress, type Problem, type UnikernelSpec } from "../../model";
import { checkHostname, checkLimits, checkLineWords, unless } from "../checks";
import { checkLineLength, LONGEST_HOSTNAME } from "../commandLine";
import { type KernelFacts, xenBoot } from "../kernel";
import { solo5Capabilities } from "./capabilities";
import { commandLine } from "./commandLine";
import { checkDevices } from "./devices";
import { solo5Facts } from "./manifest";

/** bindings/virtio/start.c: cmdline[8192], with its NUL. */
const LONGEST_LINE = 8191;

const WITHOUT_CONFIG = "Solo5 hands the program one text (args) and nothing else";

export function checkSolo5(spec: UnikernelSpec, kernel: KernelFacts): Problem[] {
    const facts = solo5Facts(kernel);
    return [
        ...unless(
            facts !== undefined,
            "guest",
            "a Solo5 binary has a note of the owner Solo5; this one has not (was it stripped?)",
        ),
        ...unless(
            facts === undefined || facts.target === "xen" || facts.devices !== undefined,
            "kernel",
            "its list of devices (the manifest in its notes) cannot be read: was the binary stripped, or is a name twice in it?",
        ),
        ...checkLimits(spec, solo5Capabilities(kernel)),
        ...checkLineWords(spec),
        ...checkLineLength(commandLine(spec), spec.platform, LONGEST_LINE, "Solo5"),
        ...Object.keys(spec.env).map((name) => ({ property: `env.${name}`, reason: WITHOUT_CONFIG })),
        ...unless(
            spec.hostname === undefined || spec.mirage === true,
            "hostname",
            `${WITHOUT_CONFIG}; a MirageOS program that defines --name takes it with mirage: true`,
        ),
        ...checkHostname(spec, LONGEST_HOSTNAME),
        ...unless(spec.initrd === undefined, "initrd", "a Solo5 program reads no initrd; give it a disk (blocks)"),
        ...spec.blocks.flatMap(({ mount }, index) => [
            ...unless(
                mount === undefined,
                `blocks[${index}].mount`,
                "a Solo5 program reads a disk itself, by the name that it declares (blocks[].name)",
            ),
            ...unless(
                spec.platform !== "iso",
                `blocks[${index}]`,
                "a Solo5 program finds virtio disks only, and a medium brings none",
            ),
        ]),
        ...spec.interfaces.flatMap(({ driver }, index) =>
            unless(driver === undefined, `interfaces[${index}].driver`, WITHOUT_CONFIG),
        ),
        ...(spec.platform === "kvm" && facts?.devices ? checkDevices(spec, facts.devices) : []),
        ...unless(
            spec.platform !== "xen" || xenBoot(kernel) !== undefined,
            "kernel",
            "it has no Xen notes: was the binary stripped?",
        ),
    ];
}

/** Warn of addresses that the program does not learn. */
export function warnSolo5(spec: UnikernelSpec): Problem[] {
    return spec.interfaces.flatMap(({ ipv4, ipv6 }, index) => {
        const told = spec.mirage === true && index === 0;
        return [
            ...unless(ownAddress(ipv4) === undefined || told, `interfaces[${index}].ipv4.address`, untold(spec.mirage)),
            ...unless(ipv6 === undefined || told, `interfaces[${index}].ipv6.address`, untold(spec.mirage)),
        ];
    });
}

const untold = (mirage: boolean | undefined): string =>
    mirage
        ? "only the first interface's address is passed on; write the options of the others into args"
        : "the program is not told this address: write it into args, or set mirage: true for a MirageOS program that defines --ipv4";
