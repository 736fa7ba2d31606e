import type { Limits } from "../../core";
import { configurationShape, defaultsFor, environmentSettings, limitsOf, parseSettings } from "../../core";
import type { Problem } from "../../model";
import type { Properties } from "./wire/codec";

export { configurationShape };

/**
 * A provider's configuration, from `new unikernel.Provider(…)` or from a stack's config (`unikernel:connection`). Order
 * of precedence: a resource's argument, this configuration, the environment, the default (docs/configuration.md).
 */
export interface Configuration {
    /** Return defaults for arguments that a unikernel on this platform does not give itself. */
    defaultsOf(platform: unknown): Properties;
    allowQemuArgs: boolean;
    /** Upper limits for one guest. */
    limits: Limits;
}

/** The engine's own properties. */
const ENGINES = new Set(["version", "pluginDownloadURL"]);

/**
 * Return the problems of a configuration.
 * @param urn the provider's. The default provider gets the stack's whole section, where unknown names may belong to a
 * project with this package's name; for an explicit provider they are mistakes.
 */
export function configurationFailures(properties: Properties, urn: string): Problem[] {
    const isDefault = /^default(_|$)/.test(urn.split("::").at(-1) ?? "");
    return parseSettings(
        Object.fromEntries(
            Object.entries(properties).filter(
                ([name]) => !ENGINES.has(name) && (!isDefault || Object.hasOwn(configurationShape, name)),
            ),
        ),
    ).problems;
}

/** @param properties checked; a stack's config holds texts, an explicit provider values of their own type */
export function configurationOf(properties: Properties): Configuration {
    const { settings: given } = parseSettings(
        Object.fromEntries(Object.entries(properties).filter(([name]) => Object.hasOwn(configurationShape, name))),
    );
    const settings = { ...environmentSettings().settings, ...given };
    // The folder of guests' files is read once per process, from the environment; the engine starts one process for
    // each provider.
    if (settings.folder !== undefined) process.env.PULUMI_UNIKERNEL_DIR = settings.folder;
    return {
        defaultsOf: (platform) => defaultsFor(platform, settings),
        allowQemuArgs: settings.allowQemuArgs === true,
        limits: limitsOf(settings),
    };
}
