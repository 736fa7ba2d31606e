import { fstatSync } from "node:fs";

/**
 * Ends this process when the engine is gone: a provider that went on alone would race with the next `pulumi up`.
 * The engine holds the other end of its plugins' standard input, and where it was killed, the end of that stream is the only
 * sign; the SDK's host of dynamic providers (`@pulumi/pulumi/cmd/dynamic-provider`) does not look at it.
 */
export function endWithEngine(): void {
    // Started in any other way, by a test or under a debugger, its input says nothing of an engine.
    if (isProviderProcess()) endPluginWithEngine();
}

/** The same for a program that is nothing but a plugin; a terminal or file as its input says nothing of an engine. */
export function endPluginWithEngine(): void {
    if (!isPipe()) return;
    process.stdin.on("error", () => undefined).on("close", () => process.exit(1));
    process.stdin.resume();
}

function isProviderProcess(): boolean {
    return /[\\/]cmd[\\/]dynamic-provider[\\/]/.test(require.main?.filename ?? "");
}

function isPipe(): boolean {
    const input = fstatSync(0);
    return input.isFIFO() || input.isSocket();
}
