// Pulumi's Python SDK, in an environment of its own: programs in Python are tested through its Automation API.
import { existsSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { PYTHON_SDK, pythonFolder, pythonProgram } from "../python.mjs";
import { run } from "./steps.mjs";

// Generated SDKs import the second.
const PACKAGES = [`pulumi==${PYTHON_SDK}`, "parver==0.5"];
/**
 * The folder that marks a complete environment.
 * @param {string} folder
 */
const whole = (folder) => path.join(folder, `.${PACKAGES.join("-")}`);

/** The step. */
export async function ensurePython() {
    const folder = pythonFolder();
    if (existsSync(pythonProgram()) && existsSync(whole(folder))) return `pulumi ${PYTHON_SDK} is in ${folder}`;
    // An environment's programs contain its path: it is made where it stays, and marked when it is complete.
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(path.dirname(folder), { recursive: true });
    await run("python3", ["-m", "venv", folder], { title: "python3 -m venv" });
    await run(pythonProgram(), ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...PACKAGES], {
        title: "pip install",
    });
    mkdirSync(whole(folder));
    return `installed pulumi ${PYTHON_SDK} in ${folder}`;
}
