import type { handleUnaryCall, ServerUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import type { PluginAttach } from "@pulumi/pulumi/proto/plugin_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { handlersOf } from "../registry";
import { Calls } from "./calls";
import { decode, encode, textsOf } from "./codec";
import { configurationFailures, configurationOf } from "./configuration";
import { detailsOfConfiguration } from "./differences";
import { diffResponse } from "./diffResponse";
import { connectEngine } from "./engine";
import { Refusal, serviceErrorOf } from "./errors";
import { invoke } from "./functions";
import { Resources } from "./resources";
import { Run } from "./run";
import { PACKAGE } from "./urn";

export interface PluginOptions {
    /** Of the package, as the engine compares it. */
    version: string;
    /** Address of the engine's own service; it may also come by handshake or attach. */
    engine?: string;
    /** The package's schema, as JSON. @default one that names the package and no resource */
    schema?(): Promise<string>;
    /** For tests: where handlers come from, and what bounds their calls. */
    handlers?: typeof handlersOf;
    calls?: Calls;
}

/** The engine's own limit is 400 MB; what a resource of ours says fits in some kilobytes. */
const MAX_MESSAGE = 64 * 1024 * 1024;

/** Serves the plugin on a port of 127.0.0.1. @returns the port, and what ends it */
export async function servePlugin(options: PluginOptions): Promise<{ port: number; close(): void }> {
    const server = new Server({
        "grpc.max_receive_message_length": MAX_MESSAGE,
        "grpc.max_send_message_length": MAX_MESSAGE,
    });
    server.addService(ResourceProviderService, pluginService(options));
    const port = await new Promise<number>((resolve, reject) => {
        server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
            if (error) reject(error);
            else resolve(bound);
        });
    });
    return {
        port,
        close: () => {
            server.forceShutdown();
        },
    };
}

/** Pulumi's ResourceProvider service (pulumi/provider.proto), over the handlers. */
export function pluginService({
    version,
    engine: address,
    schema,
    handlers,
    calls = new Calls(),
}: PluginOptions): IResourceProviderServer {
    let engine = connectEngine(address);
    let run = address ? new Run(address) : undefined;
    const meet = (another: string): void => {
        if (!another || another === address) return;
        engine.close();
        engine = connectEngine(another);
        run = new Run(another);
    };
    const resources = new Resources(
        () => engine,
        calls,
        handlers,
        () => run,
    );
    const accepted = () =>
        new proto.ProviderHandshakeResponse().setAcceptSecrets(true).setAcceptResources(true).setAcceptOutputs(true);
    return {
        handshake: unary((request: proto.ProviderHandshakeRequest) => {
            meet(request.getEngineAddress());
            return accepted();
        }),
        attach: unary((request: PluginAttach) => {
            meet(request.getAddress());
            return new Empty();
        }),
        getPluginInfo: unary(() => new PluginInfo().setVersion(version)),
        getSchema: unary(async (request: proto.GetSchemaRequest) => {
            if (request.getVersion() !== 0)
                throw new Refusal(`schema format ${request.getVersion()} is not known here; format 0 is`);
            return new proto.GetSchemaResponse().setSchema(
                schema ? await schema() : JSON.stringify({ name: PACKAGE, version }),
            );
        }),
        checkConfig: unary((request: proto.CheckRequest) => {
            const { value, secrets } = decode(request.getNews());
            return new proto.CheckResponse()
                .setInputs(encode(value, secrets))
                .setFailuresList(
                    configurationFailures(value, request.getUrn()).map(({ property, reason }) =>
                        new proto.CheckFailure().setProperty(property).setReason(reason),
                    ),
                );
        }),
        diffConfig: unary((request: proto.DiffRequest) => {
            const olds = decode(request.hasOldInputs() ? request.getOldInputs() : request.getOlds()).value;
            const details = detailsOfConfiguration(olds, decode(request.getNews()).value);
            // Never a replacement: each guest knows the host it is on, and is replaced by itself when that is another. A replaced
            // provider would have the engine replace all that it made, creating first: a guest with a connection of its own
            // would be taken over on the host where it is, and then deleted.
            return diffResponse(details.length > 0, details, []);
        }),
        configure: unary((request: proto.ConfigureRequest) => {
            const args = decode(request.getArgs());
            resources.configuration = configurationOf(args.value);
            resources.hidden = textsOf(args);
            return new proto.ConfigureResponse()
                .setAcceptsecrets(true)
                .setAcceptresources(true)
                .setAcceptoutputs(true)
                .setSupportspreview(true);
        }),
        check: unary((request: proto.CheckRequest) => resources.check(request)),
        diff: unary((request: proto.DiffRequest) => resources.diff(request)),
        create: unary((request: proto.CreateRequest) => resources.create(request)),
        read: unary((request: proto.ReadRequest) => resources.read(request)),
        update: unary((request: proto.UpdateRequest) => resources.update(request)),
        delete: unary((request: proto.DeleteRequest) => resources.delete(request)),
        cancel: unary(async () => {
            await calls.cancel();
            return new Empty();
        }),
        invoke: unary((request: proto.InvokeRequest) =>
            invoke(request, {
                calls,
                configuration: resources.configuration,
                log: (message) => engine.report("", message),
            }),
        ),
        parameterize: refuse("the package unikernel takes no parameters"),
        construct: refuse("the package unikernel has no component resources"),
        call: refuse("the resources of the package unikernel have no methods"),
        getMapping: unary(() => new proto.GetMappingResponse()),
        getMappings: unary(() => new proto.GetMappingsResponse()),
        list: (call) => {
            call.emit("error", serviceErrorOf(new Refusal("this plugin does not list what is on a host")));
        },
    };
}

function unary<Request, Response>(
    act: (request: Request) => Response | Promise<Response>,
): handleUnaryCall<Request, Response> {
    return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>) => {
        void (async () => act(call.request))().then(
            (response) => {
                callback(null, response);
            },
            (error: unknown) => {
                callback(serviceErrorOf(error));
            },
        );
    };
}

function refuse<Request, Response>(why: string): handleUnaryCall<Request, Response> {
    return unary<Request, Response>(() => {
        throw new Refusal(why);
    });
}
