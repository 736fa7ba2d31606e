// Where the Python of tests is, with Pulumi's SDK in it.
import path from "node:path";
import { cacheFolder } from "./engine.mjs";

/** Of PyPI. */
export const PYTHON_SDK = "3.259.0";

export const pythonFolder = (env = process.env) => path.join(cacheFolder(env), "python", PYTHON_SDK);

export const pythonProgram = (env = process.env) => path.join(pythonFolder(env), "bin", "python");
