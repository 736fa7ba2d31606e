import { fstatSync } from "node:fs";

/**
 * End this process when the engine ends: a provider that continued alone would race with the next `pulumi up`. The
 * engine holds the other end of its plugins' standard input. When the engine is killed, the end of that stream is the
 * only sign, and the SDK's host of dynamic providers (`@pulumi/pulumi/cmd/dynamic-provider`) does not watch it.
 */
export function endWithEngine(): void {
    // A test or a debugger also runs this module, with an input that has nothing to do with an engine.
    if (isProviderProcess()) endPluginWithEngine();
}

/** End a plugin process when the engine ends. Input from a terminal or a file has nothing to do with an engine. */
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
