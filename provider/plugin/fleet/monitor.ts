import { credentials } from "@grpc/grpc-js";
import { ResourceMonitorClient } from "@pulumi/pulumi/proto/resource_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/resource_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { MESSAGE_LIMITS } from "../server/messages";

/** A resource that the engine has made, or in a preview would make. */
export interface Registered {
    urn: string;
    /** Empty while it does not exist. */
    id: string;
    /** False when it failed, or when the engine left it out because of another one, and the run goes on. */
    made: boolean;
    /** Its outputs, in the plain form of a message. */
    outputs: Record<string, unknown>;
}

/** The engine's resource monitor, by which resources are declared. */
export interface Monitor {
    /** Declare a resource. The engine answers when it is made, after those that it depends on. */
    register(request: proto.RegisterResourceRequest): Promise<Registered>;
    /** Set the outputs of a component. */
    complete(urn: string, outputs: Record<string, unknown>): Promise<void>;
    close(): void;
}

export function connectMonitor(address: string): Monitor {
    const client = new ResourceMonitorClient(address, credentials.createInsecure(), MESSAGE_LIMITS);
    return {
        register: (request) =>
            new Promise((resolve, reject) => {
                request.setAcceptsecrets(true).setAcceptresources(true);
                request.setSupportspartialvalues(true).setSupportsresultreporting(true);
                client.registerResource(request, (error, response) => {
                    if (error) reject(error);
                    else
                        resolve({
                            urn: response.getUrn(),
                            id: response.getId(),
                            made: response.getResult() === proto.Result.SUCCESS,
                            outputs: response.getObject()?.toJavaScript() ?? {},
                        });
                });
            }),
        complete: (urn, outputs) =>
            new Promise((resolve, reject) => {
                const request = new proto.RegisterResourceOutputsRequest().setUrn(urn);
                client.registerResourceOutputs(request.setOutputs(structOf(outputs)), (error) => {
                    if (error) reject(error);
                    else resolve();
                });
            }),
        close: () => client.close(),
    };
}

/** Return the message of plain JavaScript data, without undefined values. */
export function structOf(data: Record<string, unknown>): Struct {
    return Struct.fromJavaScript(JSON.parse(JSON.stringify(data)));
}
