// `npm run demo`: the life of an nginx fleet on KVM, from set-up to nothing left. Ends with a non-zero status on the
// first thing that is not as it should be.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const setup = spawnSync(process.execPath, ["tools/setup.mjs"], { cwd: root, stdio: "inherit" });
if (setup.status !== 0) process.exit(setup.status ?? 1);

// Only now: what the demo uses may just have been installed.
const { runDemo } = await import("./demo/fleet.mjs");
try {
    await runDemo(root);
} catch (error) {
    console.error(`\n✗ ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
}
