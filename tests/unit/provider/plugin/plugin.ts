import type { ServiceError } from "@grpc/grpc-js";
import { credentials } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { PluginOptions } from "../../../../provider/plugin";
import { servePlugin } from "../../../../provider/plugin";
import { RESOURCE, SECRET, SIGNATURE } from "../../../../provider/plugin/wire/wire";

type Values = Record<string, unknown>;

export const secret = (value: unknown) => ({ [SIGNATURE]: SECRET, value });
export const reference = (urn: string) => ({ [SIGNATURE]: RESOURCE, urn, id: "" });
export const struct = (values: Values) => Struct.fromJavaScript(JSON.parse(JSON.stringify(values)));
export const urnOf = (type: string, name: string) => `urn:pulumi:dev::shop::unikernel:index:${type}::${name}`;
export const values = (message: Struct | undefined) => (message?.toJavaScript() ?? {}) as Values;

/** The plugin, and the engine's side of it: every call in plain data. */
export class Plugin {
    constructor(
        readonly client: ResourceProviderClient,
        private readonly end: () => void,
    ) {}

    async configure(args: Values = {}): Promise<proto.ConfigureResponse> {
        return ask((done) => this.client.configure(new proto.ConfigureRequest().setArgs(struct(args)), done));
    }

    /** @param seed the engine's random bytes: others in each run, the same in a plan and the run by it */
    async check(
        urn: string,
        news: Values,
        olds: Values = {},
        seed = Buffer.alloc(32, 1),
    ): Promise<{ inputs: Values; failures: proto.CheckFailure.AsObject[] }> {
        const request = new proto.CheckRequest()
            .setUrn(urn)
            .setNews(struct(news))
            .setOlds(struct(olds))
            .setRandomseed(seed);
        const response = await ask<proto.CheckResponse>((done) => this.client.check(request, done));
        return {
            inputs: values(response.getInputs()),
            failures: response.getFailuresList().map((failure) => failure.toObject()),
        };
    }

    /** Inputs of a resource that has nothing wrong with it. */
    async inputs(urn: string, news: Values, olds: Values = {}): Promise<Values> {
        const { inputs, failures } = await this.check(urn, news, olds);
        expect(failures).toEqual([]);
        return inputs;
    }

    async diff(urn: string, olds: Values, news: Values, oldInputs: Values = olds) {
        const request = new proto.DiffRequest()
            .setId("id")
            .setUrn(urn)
            .setOlds(struct(olds))
            .setOldInputs(struct(oldInputs))
            .setNews(struct(news));
        const response = await ask<proto.DiffResponse>((done) => this.client.diff(request, done));
        const kinds = Object.fromEntries(
            Object.entries(proto.PropertyDiff.Kind).map(([name, number]) => [number, name]),
        );
        const details = response.getDetaileddiffMap().toArray() as unknown as [string, proto.PropertyDiff][];
        return {
            changes: response.getChanges() === proto.DiffResponse.DiffChanges.DIFF_SOME,
            replaces: response.getReplacesList(),
            deleteBeforeReplace: response.getDeletebeforereplace(),
            details: Object.fromEntries(
                details.map(([path]) => [path, kinds[response.getDetaileddiffMap().get(path)!.getKind()]]),
            ),
        };
    }

    async create(
        urn: string,
        inputs: Values,
        { preview = false, timeout = 0 } = {},
    ): Promise<{ id: string; outs: Values }> {
        const request = new proto.CreateRequest()
            .setUrn(urn)
            .setProperties(struct(inputs))
            .setPreview(preview)
            .setTimeout(timeout);
        const response = await ask<proto.CreateResponse>((done) => this.client.create(request, done));
        return { id: response.getId(), outs: values(response.getProperties()) };
    }

    async update(
        urn: string,
        id: string,
        olds: Values,
        news: Values,
        { preview = false, timeout = 0 } = {},
    ): Promise<Values> {
        const request = new proto.UpdateRequest()
            .setUrn(urn)
            .setId(id)
            .setOlds(struct(olds))
            .setNews(struct(news))
            .setPreview(preview)
            .setTimeout(timeout);
        return values((await ask<proto.UpdateResponse>((done) => this.client.update(request, done))).getProperties());
    }

    async read(
        urn: string,
        id: string,
        props: Values = {},
        inputs: Values = {},
    ): Promise<{ id: string; props: Values; inputs: Values }> {
        const request = new proto.ReadRequest()
            .setUrn(urn)
            .setId(id)
            .setProperties(struct(props))
            .setInputs(struct(inputs));
        const response = await ask<proto.ReadResponse>((done) => this.client.read(request, done));
        return { id: response.getId(), props: values(response.getProperties()), inputs: values(response.getInputs()) };
    }

    async delete(urn: string, id: string, props: Values, timeout = 0): Promise<void> {
        const request = new proto.DeleteRequest()
            .setUrn(urn)
            .setId(id)
            .setProperties(struct(props))
            .setTimeout(timeout);
        await ask((done) => this.client.delete(request, done));
    }

    close(): void {
        this.client.close();
        this.end();
    }
}

/** One call; rejects with the service's error. */
export function ask<Response>(
    start: (done: (error: ServiceError | null, response: Response) => void) => unknown,
): Promise<Response> {
    return new Promise((resolve, reject) => {
        start((error, response) => {
            if (error) reject(error);
            else resolve(response);
        });
    });
}

const open: Plugin[] = [];

export async function openPlugin(options: Partial<PluginOptions> = {}): Promise<Plugin> {
    const { port, close } = await servePlugin({ version: "1.2.3", ...options });
    const plugin = new Plugin(new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure()), close);
    open.push(plugin);
    return plugin;
}

/** For `afterAll`: an open server keeps the test's process. */
export function closePlugins(): void {
    for (const plugin of open.splice(0)) plugin.close();
}

/** What a partial create says in its error's details. */
export function initFailedOf(error: unknown): { id: string; reasons: string[]; properties: Values; inputs: Values } {
    const [bytes] = (error as ServiceError).metadata.get("grpc-status-details-bin");
    const [any] = Status.deserializeBinary(bytes as Buffer).getDetailsList();
    expect(any!.getTypeName()).toBe("pulumirpc.ErrorResourceInitFailed");
    const failed = proto.ErrorResourceInitFailed.deserializeBinary(any!.getValue_asU8());
    return {
        id: failed.getId(),
        reasons: failed.getReasonsList(),
        properties: values(failed.getProperties()),
        inputs: values(failed.getInputs()),
    };
}
