import { isUnknown } from "../../core";
import type { CheckFailure } from "../../core";
import type { Properties } from "./codec";

/**
 * What a provider is configured with, by `new unikernel.Provider(…)` or by a stack's config (`unikernel:connection`). An
 * argument of a resource wins over it, it wins over the environment (`PULUMI_UNIKERNEL_DIR`), and that over the default.
 */
export interface Configuration {
    /** Arguments of a unikernel on this platform that does not give them itself. */
    defaultsOf(platform: unknown): Properties;
    allowQemuArgs: boolean;
}

const FORMS: Record<string, { fits(value: unknown): boolean; expected: string }> = {
    connection: { fits: (value) => typeof value === "string" && /^[a-z][a-z0-9+.-]*:\/\/\S*$/i.test(value), expected: "a libvirt URI, such as qemu:///system" },
    accelerator: { fits: (value) => ["auto", "kvm", "tcg"].includes(String(value)), expected: "auto, kvm or tcg" },
    folder: { fits: (value) => typeof value === "string" && value.startsWith("/"), expected: "the absolute path of a folder for boot files" },
    allowQemuArgs: { fits: (value) => typeof value === "boolean" || value === "true" || value === "false", expected: "true or false" },
};

/** What is wrong with a configuration. Names that are not ours may be those of a project called like this package. */
export function configurationFailures(properties: Properties): CheckFailure[] {
    return Object.entries(FORMS)
        .filter(([name, { fits }]) => properties[name] !== undefined && !isUnknown(properties[name]) && !fits(properties[name]))
        .map(([property, { expected }]) => ({ property, reason: `expected ${expected}` }));
}

/** @param properties checked; texts of a stack's config, or values of their own type */
export function configurationOf({ connection, accelerator, folder, allowQemuArgs }: Properties): Configuration {
    // Where guests' files lie is asked for deep inside, once for a process; a provider has a process of its own.
    if (typeof folder === "string") process.env.PULUMI_UNIKERNEL_DIR = folder;
    return {
        defaultsOf: (platform) => ({
            ...(connection === undefined || platform === "iso" ? {} : { connection }),
            ...(accelerator === undefined || platform !== "kvm" ? {} : { accelerator }),
        }),
        allowQemuArgs: String(allowQemuArgs) === "true",
    };
}
