#!/usr/bin/env node
// `npm run setup`: installs and builds all that is missing, and prints each step. Run again, it finds nothing to do.
//   --daemon   also starts virtlogd and libvirtd where no service manager runs them
//   --xen      also builds the Xen host of the tests and of the demo, and saves its state when it is up
//   --yaml     also builds the host of YAML programs
//   --tests    also installs the YAML host, the SDK generator, and Python's SDK, which only the tests use
import { lstatSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { buildGuest } from "./nginx-guest/build.mjs";
import { ensurePackages } from "./setup/debian.mjs";
import { ensureBuild, ensureExamples, ensureModules } from "./setup/node.mjs";
import { ensureEngine } from "./setup/pulumi.mjs";
import { ensurePython } from "./setup/python.mjs";
import { ensureSdkTools } from "./setup/sdk.mjs";
import { SetupError, step } from "./setup/steps.mjs";
import { ensureXenHost } from "./setup/xen.mjs";
import { ensureYamlHost } from "./setup/yaml.mjs";

const root = path.join(import.meta.dirname, "..");

export async function setup({ daemon = false, xen = false, yaml = false, tests = false } = {}) {
    const started = Date.now();
    console.log("Setting up pulumi-unikernel");
    await step("Debian packages", ensurePackages);
    await step("npm packages", () => ensureModules(root));
    await step("build", () => ensureBuild(root));
    await step("examples", () => ensureExamples(root));
    await step("Pulumi engine", ensureEngine);
    if (tests) await step("SDK generator", ensureSdkTools);
    if (tests || yaml) await step("YAML language host", ensureYamlHost);
    if (tests) await step("Python SDK", ensurePython);
    await step("nginx guest", ensureGuest);
    if (daemon) {
        const { ensureLibvirt } = await import("./libvirt.mjs");
        await step("libvirt", async () => (await ensureLibvirt()).note);
    }
    if (xen) await step("Xen host", ensureXenHost);
    console.log(`  ready after ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/** Links the build, whatever its name, to the path that the examples use. */
function ensureGuest() {
    const { folder, built } = buildGuest();
    link(folder, path.join(root, ".cache/nginx-guest"));
    return `${built ? "built" : "is"} in ${folder}`;
}

/**
 * @param {string} target
 * @param {string} place
 */
function link(target, place) {
    if (lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() && readlinkSync(place) === target) return;
    mkdirSync(path.dirname(place), { recursive: true });
    rmSync(place, { recursive: true, force: true });
    symlinkSync(target, place);
}

/** @param {unknown} error */
export function fail(error) {
    console.error(error instanceof SetupError ? `\n${error.message}` : error);
    process.exitCode = 1;
}

if (process.argv[1] === import.meta.filename) {
    const flag = /** @type {const} */ ({ type: "boolean", default: false });
    const { values } = parseArgs({ options: { daemon: flag, xen: flag, yaml: flag, tests: flag } });
    await setup(values).then(() => console.log('\nTo use `pulumi` by hand: eval "$(node tools/env.mjs)"'), fail);
}
