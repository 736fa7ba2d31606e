// `npm run demo`: the life of an nginx fleet on KVM, from set-up to nothing left; `npm run demo -- xen`: the same on a Xen
// host; `npm run demo -- iso`: as bootable media; `npm run demo -- yaml`: from a YAML program, by the plugin;
// `npm run demo -- fleet`: a fleet over two hosts under load. Ends with a non-zero status on the first claim that fails.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
/**
 * Loaded late: set-up may just have installed the packages that a demo uses.
 * @type {Record<string, () => Promise<void>>}
 */
const demos = {
    kvm: async () => (await import("./demo/fleet.mjs")).runDemo(root),
    xen: async () => (await import("./demo/xen.mjs")).runXenDemo(root),
    iso: async () => (await import("./demo/iso.mjs")).runIsoDemo(root),
    fleet: async () => (await import("./demo/rolling/index.mjs")).runRollingDemo(root),
    yaml: async () => (await import("./demo/yaml.mjs")).runYamlDemo(root),
};

const [name = "kvm"] = process.argv.slice(2);
const demo = demos[name];
if (!demo) {
    console.error(`There is no demo "${name}": ${Object.keys(demos).join(", ")}`);
    process.exit(2);
}
/** @type {Record<string, string[]>} what a demo needs beside the usual set-up; the fleet's is declared from YAML and Python, too */
const more = { xen: ["--xen"], yaml: ["--yaml"], fleet: ["--tests"] };
const setup = spawnSync(process.execPath, ["tools/setup.mjs", ...(more[name] ?? [])], { cwd: root, stdio: "inherit" });
if (setup.status !== 0) process.exit(setup.status ?? 1);

try {
    await demo();
} catch (error) {
    console.error(`\n✗ ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
}
