import type { handleUnaryCall, ServerUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import type { PluginAttach } from "@pulumi/pulumi/proto/plugin_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { handlersOf } from "../../registry";
import { configurationFailures, configurationOf } from "../configuration";
import { detailsOfConfiguration } from "../diff/differences";
import { diffResponse } from "../diff/diffResponse";
import { invoke } from "../functions";
import { Resources } from "../handlers/resources";
import { Run } from "../run/run";
import { PACKAGE } from "../urn";
import { decode, encode, textsOf } from "../wire/codec";
import { Calls } from "./calls";
import { connectEngine } from "./engine";
import { Refusal, serviceErrorOf } from "./errors";
import { MESSAGE_LIMITS } from "./messages";

export interface PluginOptions {
    /** The package's version, which the engine compares. */
    version: string;
    /** Address of the engine's own service; a handshake or attach may also give it. */
    engine?: string;
    /** The package's schema, as JSON. @default a schema that has only the package's name */
    schema?(): Promise<string>;
    /** For tests: the source of handlers, and the limits of their calls. */
    handlers?: typeof handlersOf;
    calls?: Calls;
}

/** Most runs have no fleet, and load nothing of it. */
const fleets = () => require("../fleet/construct") as typeof import("../fleet/construct");

/** Serve the plugin on a port of 127.0.0.1. @returns the port and a function that ends it */
export async function servePlugin(options: PluginOptions): Promise<{ port: number; close(): void }> {
    const server = new Server(MESSAGE_LIMITS);
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

/** Return Pulumi's ResourceProvider service (pulumi/provider.proto), implemented by the handlers. */
export function pluginService({
    version,
    engine: address,
    schema,
    handlers,
    calls = new Calls(),
}: PluginOptions): IResourceProviderServer {
    let engine = connectEngine(address);
    let run = address ? new Run(address) : undefined;
    /** Reference of the provider that this process serves; older engines do not tell it. */
    let own: string | undefined;
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
            // Never a replacement: each guest knows its host and is itself replaced when that is another one. If the
            // provider were replaced, the engine would replace all of its resources, creating first: a guest with its
            // own connection would be taken over on its host and then deleted.
            return diffResponse(details.length > 0, details, []);
        }),
        configure: unary((request: proto.ConfigureRequest) => {
            const args = decode(request.getArgs());
            own = request.getUrn() && request.getId() ? `${request.getUrn()}::${request.getId()}` : undefined;
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
        construct: unary((request: proto.ConstructRequest) => fleets().construct(request, own)),
        call: refuse("the resources of the package unikernel have no methods"),
        getMapping: unary(() => new proto.GetMappingResponse()),
        getMappings: unary(() => new proto.GetMappingsResponse()),
        list: (call) => {
            call.emit("error", serviceErrorOf(new Refusal("this plugin cannot list the resources of a host")));
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
