// The fleet of the demo from YAML and from Python: the same stack, whose guests the plugin takes over.
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { execa } from "execa";
import { claim, step } from "../steps.mjs";
import { processesOf } from "./census.mjs";

/** @typedef {import("../stack.mjs").Stack} Stack */
/** @typedef {import("./hosts.mjs").Lan} Lan */
/** @typedef {{ name: string, uuid: string, host: string }} Member */

/**
 * Declare the fleet from YAML, which moves it to the plugin, and then from Python, which finds the same members.
 * @param {Stack} stack of the TypeScript program, with its fleet up
 * @param {Lan} lan
 * @param {string} root
 * @param {import("./index.mjs").Marker} marked
 */
export async function languages(stack, lan, root, marked) {
    const [first, second] = lan.hosts;
    const [processes, members] = [processesOf(lan.hosts), await membersOf(stack)];
    const program = join(root, "examples", "rolling-fleet");
    await copyFile(join(program, "yaml", "Pulumi.yaml"), join(stack.folder, "Pulumi.yaml"));
    const config = {
        connectionA: first?.connection ?? "",
        connectionB: second?.connection ?? "",
        inService: String(members.length - 2),
        files: ".",
    };
    for (const [key, value] of Object.entries(config)) await stack.config(key, value);
    const { sum } = await marked("the same fleet from YAML, by the plugin: pulumi up", "YAML", () => stack.up());
    claim(isDeepStrictEqual(members, await membersOf(stack)), "every member has its name, uuid and host");
    claim(isDeepStrictEqual(processes, processesOf(lan.hosts)), "no guest restarted, and the balancer did not");
    claim(sum.failedGets === 0, "no GET failed");
    await step("pulumi up from YAML once more: nothing may change", () => stack.up("--expect-no-changes"));

    await copyFile(join(program, "python", "Pulumi.yaml"), join(stack.folder, "Pulumi.yaml"));
    const sdk = await makeSdk(root);
    try {
        await step("the same fleet from Python, over the generated SDK: nothing may change", () =>
            python(stack, root, sdk),
        );
    } finally {
        await rm(sdk, { recursive: true, force: true });
    }
    claim(isDeepStrictEqual(members, await membersOf(stack)), "Python has the same members as YAML and TypeScript");
    claim(isDeepStrictEqual(processes, processesOf(lan.hosts)), "no guest restarted");
}

/**
 * @param {Stack} stack
 * @returns {Promise<Member[]>}
 */
const membersOf = async (stack) =>
    (await stack.outputs()).members.map(({ name, uuid, host }) => ({ name, uuid, host }));

/**
 * Generate the Python SDK of this checkout.
 * @param {string} root
 */
async function makeSdk(root) {
    const { sdkGenerator } = await import("../../setup/sdk.mjs");
    const { pythonProgram } = await import("../../python.mjs");
    const folder = await mkdtemp(join(tmpdir(), "pulumi-unikernel-sdk-"));
    await execa(sdkGenerator(), [join(root, "schema.json"), folder]);
    // The SDK asks for its own version, which is known of an installed package alone.
    const words = ["-c", "from setuptools import setup; setup()", "-q", "egg_info"];
    await execa(pythonProgram(), words, { cwd: join(folder, "python") });
    return folder;
}

/**
 * @param {Stack} stack
 * @param {string} root
 * @param {string} sdk
 */
async function python({ folder, env, enter: [command = "", ...enter] }, root, sdk) {
    const { pythonProgram } = await import("../../python.mjs");
    const driver = join(root, "tools", "demo", "rolling", "python.py");
    const program = join(root, "examples", "rolling-fleet", "python", "__main__.py");
    await execa(command, [...enter, pythonProgram(), driver, folder, "demo", program], {
        cwd: folder,
        env: { ...env, PYTHONPATH: join(sdk, "python"), PYTHONDONTWRITEBYTECODE: "1" },
        stdin: "ignore",
        stdout: "inherit",
        stderr: "inherit",
        timeout: 20 * 60_000,
    });
}
