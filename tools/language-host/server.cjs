const grpc = require("@grpc/grpc-js");
const { LanguageRuntimeService } = require("@pulumi/pulumi/proto/language_grpc_pb");
const messages = require("@pulumi/pulumi/proto/language_pb");
const { PluginInfo } = require("@pulumi/pulumi/proto/plugin_pb");
const { dependencies, installDependencies } = require("./dependencies.cjs");
const { endWithEngine } = require("./lifetime.cjs");
const { runPlugin } = require("./plugins.cjs");
const { Programs } = require("./program.cjs");

/** Messages of the engine grow with the stack: no limit, as in the SDK itself. */
const unlimited = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };

/**
 * A unary method from a function of the request that may be async.
 * @template Request, Response
 * @param {(request: Request) => Response | Promise<Response>} handler
 * @returns {grpc.handleUnaryCall<Request, Response>}
 */
const unary = (handler) => async (call, callback) => {
    try {
        callback(null, await handler(call.request));
    } catch (error) {
        callback({ code: grpc.status.UNKNOWN, details: error instanceof Error ? error.message : String(error) });
    }
};

/**
 * @param {Programs} programs
 * @returns {grpc.UntypedServiceImplementation}
 */
function handlers(programs) {
    return {
        // Providers of the program's packages are found by the engine when a resource asks for them.
        getRequiredPlugins: unary(() => new messages.GetRequiredPluginsResponse()),
        getRequiredPackages: unary(() => new messages.GetRequiredPackagesResponse()),
        getPluginInfo: unary(() => new PluginInfo()),
        run: unary(async (/** @type {messages.RunRequest} */ request) => {
            const { error, bail } = await programs.run(request);
            const response = new messages.RunResponse();
            response.setError(error);
            response.setBail(bail);
            return response;
        }),
        about: unary(() => {
            const response = new messages.AboutResponse();
            response.setExecutable(process.execPath);
            response.setVersion(process.version);
            return response;
        }),
        getProgramDependencies: unary((/** @type {messages.GetProgramDependenciesRequest} */ request) => {
            const response = new messages.GetProgramDependenciesResponse();
            for (const { name, version } of dependencies(request.getInfo()?.getProgramDirectory() ?? "")) {
                const info = new messages.DependencyInfo();
                info.setName(name);
                info.setVersion(version);
                response.addDependencies(info);
            }
            return response;
        }),
        installDependencies,
        runPlugin,
    };
}

/**
 * Serves on a free port of 127.0.0.1 and prints it, which is how the engine finds us.
 * @param {string[]} args
 */
function serve(args) {
    // The engine's address is the last argument; flags may stand before it.
    const programs = new Programs(args.at(-1) ?? "");
    const server = new grpc.Server(unlimited);
    server.addService(LanguageRuntimeService, handlers(programs));
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
        if (error) {
            process.stderr.write(`pulumi-language-nodejs: ${error.message}\n`);
            process.exit(1);
        }
        process.stdout.write(`${port}\n`);
    });
    endWithEngine(() => programs.kill());
}

module.exports = { serve };
