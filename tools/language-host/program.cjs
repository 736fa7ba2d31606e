const { spawn } = require("node:child_process");
const path = require("node:path");
const { resolveSdk } = require("./sdk.cjs");

/** @typedef {import("@pulumi/pulumi/proto/language_pb").RunRequest} Request */

/** The SDK's runner ends with this when it has shown the user the error already. */
const ERROR_WAS_SHOWN = 32;

/**
 * The arguments of the SDK's `cmd/run` for a request; empty values are left out.
 * @param {Request} request
 * @param {string} engine its address
 */
function runArguments(request, engine) {
    const flags = {
        monitor: request.getMonitorAddress(),
        engine,
        organization: request.getOrganization(),
        project: request.getProject(),
        "root-directory": request.getInfo()?.getRootDirectory() ?? "",
        stack: request.getStack(),
        pwd: request.getPwd(),
        parallel: request.getParallel() > 0 ? String(request.getParallel()) : "",
    };
    const named = Object.entries(flags)
        .filter(([, value]) => value)
        .map(([name, value]) => `--${name}=${value}`);
    const program = request.getInfo()?.getEntryPoint() || request.getProgram() || ".";
    return [...named, ...(request.getDryrun() ? ["--dry-run"] : []), program, ...request.getArgsList()];
}

/**
 * `runtime.options` of Pulumi.yaml.
 * @param {Request} request
 */
function runtimeOptions(request) {
    const options = request.getInfo()?.getOptions()?.toJavaScript() ?? {};
    return {
        typescript: options.typescript !== false,
        tsconfig: typeof options.tsconfig === "string" ? options.tsconfig : undefined,
        nodeArgs: typeof options.nodeargs === "string" ? options.nodeargs.split(/\s+/).filter(Boolean) : [],
    };
}

/**
 * @param {Request} request
 * @param {ReturnType<typeof runtimeOptions>} options
 */
function runEnvironment(request, { typescript, tsconfig }) {
    return {
        ...process.env,
        PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().toObject())),
        PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
        PULUMI_NODEJS_TYPESCRIPT: String(typescript),
        ...(tsconfig ? { PULUMI_NODEJS_TSCONFIG_PATH: tsconfig } : {}),
    };
}

/** Runs programs, one process each, and can end those that still run. */
class Programs {
    #engine;
    /** @type {Set<import("node:child_process").ChildProcess>} */
    #running = new Set();

    /** @param {string} engine its address */
    constructor(engine) {
        this.#engine = engine;
    }

    /**
     * @param {Request} request
     * @returns an error text for the engine, and whether the user has seen the reason already
     */
    async run(request) {
        const directory = request.getInfo()?.getProgramDirectory() || request.getPwd();
        const options = runtimeOptions(request);
        const runner = resolveSdk(directory, "cmd/run");
        const child = spawn(
            process.execPath,
            [
                "--require",
                require.resolve("./inspect.cjs"),
                "--require",
                require.resolve("./sourceMaps.cjs"),
                ...options.nodeArgs,
                runner,
                ...runArguments(request, this.#engine),
            ],
            // Output goes where ours goes: the engine shows both as the program's.
            {
                cwd: path.resolve(directory),
                env: runEnvironment(request, options),
                stdio: ["ignore", "inherit", "inherit"],
            },
        );
        this.#running.add(child);
        /** @type {[code: number | null, signal: NodeJS.Signals | null]} */
        const [code, signal] = await new Promise((resolve, reject) => {
            child.on("error", reject);
            child.on("close", (...ending) => resolve(ending));
        });
        this.#running.delete(child);
        if (code === 0) return { error: "", bail: false };
        if (code === ERROR_WAS_SHOWN) return { error: "", bail: true };
        return { error: `Program exited with ${signal ? `signal ${signal}` : `status ${code}`}`, bail: false };
    }

    kill() {
        for (const child of this.#running) child.kill("SIGKILL");
    }
}

module.exports = { Programs, runArguments, runtimeOptions };
