import type { CheckFailure, Limits } from "../../core";
import { configurationShape, defaultsFor, environmentSettings, limitsOf, parseSettings } from "../../core";
import type { Properties } from "./codec";

export { configurationShape };

/**
 * What a provider is configured with, by `new unikernel.Provider(…)` or by a stack's config (`unikernel:connection`). An
 * argument of a resource wins over it, it wins over the environment, and that over the default (docs/configuration.md).
 */
export interface Configuration {
    /** Arguments of a unikernel on this platform that does not give them itself. */
    defaultsOf(platform: unknown): Properties;
    allowQemuArgs: boolean;
    /** What one guest may have at most. */
    limits: Limits;
}

/** The engine's own, beside ours. */
const ENGINES = new Set(["version", "pluginDownloadURL"]);

/**
 * What is wrong with a configuration.
 * @param urn of the provider. The default one gets a stack's whole section, in which names that are not ours may be those of
 * a project that is called like this package; of an explicit one they are mistakes.
 */
export function configurationFailures(properties: Properties, urn: string): CheckFailure[] {
    const isDefault = /^default(_|$)/.test(urn.split("::").at(-1) ?? "");
    return parseSettings(
        Object.fromEntries(
            Object.entries(properties).filter(
                ([name]) => !ENGINES.has(name) && (!isDefault || Object.hasOwn(configurationShape, name)),
            ),
        ),
    ).problems;
}

/** @param properties checked; texts of a stack's config, or values of their own type */
export function configurationOf(properties: Properties): Configuration {
    const { settings: given } = parseSettings(
        Object.fromEntries(Object.entries(properties).filter(([name]) => Object.hasOwn(configurationShape, name))),
    );
    const settings = { ...environmentSettings().settings, ...given };
    // Where guests' files lie is asked for deep inside, once for a process; the engine starts one for each provider.
    if (settings.folder !== undefined) process.env.PULUMI_UNIKERNEL_DIR = settings.folder;
    return {
        defaultsOf: (platform) => defaultsFor(platform, settings),
        allowQemuArgs: settings.allowQemuArgs === true,
        limits: limitsOf(settings),
    };
}
