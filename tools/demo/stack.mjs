// A private copy of an example, with a state backend of its own in a local folder.
import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { execa } from "execa";
import { engineEnv } from "../engine.mjs";

/** @typedef {Awaited<ReturnType<typeof openStack>>} Stack */
/**
 * The outputs of a resource that demos read.
 * @typedef {object} Outputs
 * @property {string} [name]
 * @property {string} [platform]
 * @property {string} [consoleLog]
 * @property {string} [path]
 * @property {number} [size]
 * @property {string} [sha256]
 */

const PARALLEL = ["--parallel", "32"];

/**
 * Opens a stack of a fleet, and removes all of it, however its life ends.
 * @param {string} root
 * @param {(stack: Stack) => Promise<void>} life
 * @param {string[]} [enter] words before each command: another namespace
 */
export async function withFleet(root, life, example = "nginx-fleet", enter = []) {
    const stack = await openStack(root, example, "demo", enter);
    try {
        await life(stack);
    } finally {
        await stack.destroy().catch(() => undefined);
        await stack.close();
    }
}

/**
 * @param {string} root
 * @param {string} example
 * @param {string} name
 * @param {string[]} enter
 */
async function openStack(root, example, name, enter) {
    const scratch = await mkdtemp(join(tmpdir(), "pulumi-unikernel-demo-"));
    const folder = join(scratch, "program");
    await cp(join(root, "examples", example), folder, {
        recursive: true,
        filter: (file) => !/(^|\/)(node_modules|Pulumi\.[^/]+\.yaml)$/.test(file),
    });
    await link(folder, "pulumi-unikernel", root);
    for (const module of ["@pulumi/pulumi", "@types/node", "typescript"])
        await link(folder, module, join(root, "node_modules", module));
    await mkdir(join(scratch, "state"));
    const env = {
        // The plugin is there, too, as where it is installed: a stack that Python has declared has no other way to it.
        PATH: `${join(root, "bin")}${delimiter}${engineEnv().PATH}`,
        PULUMI_HOME: join(scratch, "home"),
        PULUMI_BACKEND_URL: `file://${join(scratch, "state")}`,
        PULUMI_CONFIG_PASSPHRASE: "demo",
        // For the key file of the user: a demo leaves nothing in the real data folder.
        XDG_DATA_HOME: join(scratch, "data"),
        PULUMI_SKIP_UPDATE_CHECK: "true",
    };
    const options = /** @type {const} */ ({ cwd: folder, env, stdin: "ignore", timeout: 20 * 60_000 });
    const [program = "", ...words] = [...enter, "pulumi"];

    /**
     * Shows Pulumi's output as it comes, and returns it.
     * @param {string[]} args
     */
    const tried = async (args) => {
        const all = ["--non-interactive", "--color", process.stdout.isTTY ? "always" : "never"];
        const run = await execa(program, [...words, ...args, ...all], {
            ...options,
            stdout: ["inherit", "pipe"],
            stderr: ["inherit", "pipe"],
            all: true,
            reject: false,
        });
        return { text: run.all, failed: run.failed ? run.shortMessage : undefined };
    };
    /** @param {string[]} args */
    const shown = async (...args) => {
        const { text, failed } = await tried(args);
        if (failed) throw new Error(failed);
        return text;
    };
    /** @param {string[]} args */
    const quiet = async (args) => (await execa(program, [...words, ...args, "--non-interactive"], options)).stdout;

    await quiet(["stack", "init", name]);
    return {
        folder,
        env,
        /** The words before each command. */
        enter,
        /**
         * What Pulumi says of a run that has to fail.
         * @param {"up" | "refresh"} command
         */
        failing: async (command) => {
            const { text, failed } = await tried([command, "--yes", "--skip-preview", ...PARALLEL]);
            if (!failed) throw new Error(`pulumi ${command} succeeded; expected was a failure`);
            return text;
        },
        up: (/** @type {string[]} */ ...args) => shown("up", "--yes", "--skip-preview", ...PARALLEL, ...args),
        preview: (/** @type {string[]} */ ...args) => shown("preview", "--diff", ...args),
        destroy: () => shown("destroy", "--yes", "--skip-preview", ...PARALLEL),
        import: (/** @type {string} */ type, /** @type {string} */ name, /** @type {string} */ id) =>
            shown("import", type, name, id, "--yes", "--protect=false", "--generate-code=false", "--skip-preview"),
        config: (/** @type {string} */ key, /** @type {string} */ value) => quiet(["config", "set", key, value]),
        /** @returns {Promise<{ names: string[], urls: string[], members: { name: string, uuid: string, host: string }[] }>} */
        outputs: async () => JSON.parse(await quiet(["stack", "output", "--json"])),
        /** @returns {Promise<{ outputs?: Outputs }[]>} */
        resources: async () => JSON.parse(await quiet(["stack", "export"])).deployment.resources ?? [],
        close: () => rm(scratch, { recursive: true, force: true }),
    };
}

/**
 * @param {string} folder
 * @param {string} module
 * @param {string} target
 */
async function link(folder, module, target) {
    const place = join(folder, "node_modules", module);
    await mkdir(dirname(place), { recursive: true });
    await symlink(target, place);
}
