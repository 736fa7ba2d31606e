import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { Handlers } from "../../../core";
import { withoutUnknowns } from "../../plain";
import { handlersOf } from "../../registry";
import type { ResourceKind } from "../../trampoline";
import { refuseAbsentFiles } from "../arguments/absentFiles";
import { argumentsOf } from "../arguments/arguments";
import { References } from "../arguments/references";
import { configurationOf } from "../configuration";
import type { Detail } from "../diff/differences";
import { detailsOfInputs, detailsOfUnikernel } from "../diff/differences";
import { describe, diffResponse } from "../diff/diffResponse";
import { CreatedInRun } from "../run/createdInRun";
import { isReplaced } from "../run/replaced";
import type { Run } from "../run/run";
import type { Calls } from "../server/calls";
import type { Engine } from "../server/engine";
import { asInitFailed } from "../server/errors";
import { kindOf } from "../urn";
import type { Decoded } from "../wire/codec";
import { decode, textsOf } from "../wire/codec";
import { importResource } from "./import";
import { createdOutputs, updatedOutputs } from "./preview";
import { Secrets } from "./secrets";

type Message = Parameters<typeof decode>[0];

/** The resource calls of the engine: each decodes the request, runs the handler, and encodes the response. */
export class Resources {
    configuration = configurationOf({});
    /** Secret texts of the configuration. */
    hidden: readonly string[] = [];
    private readonly references: References;
    private readonly createdInRun: CreatedInRun;

    /**
     * @param engine called for each message, because the address may arrive after the first call
     * @param run shared by the providers of one run
     */
    constructor(
        private readonly engine: () => Engine,
        private readonly calls: Calls,
        private readonly handlers: typeof handlersOf = handlersOf,
        run?: () => Run | undefined,
    ) {
        this.references = new References(run);
        this.createdInRun = new CreatedInRun(run);
    }

    async check(request: proto.CheckRequest): Promise<proto.CheckResponse> {
        const urn = request.getUrn();
        const kind = kindOf(urn);
        const [olds, news] = [ours(request.getOlds()), ours(request.getNews())];
        const others = [...this.hidden, ...this.references.secretsIn(news.value)];
        const whole = { ...news, secrets: [...news.secrets, ...this.references.placesIn(news.value, olds.secrets)] };
        const [secrets, said] = [new Secrets(kind, [whole], others), new Secrets(kind, [olds, news], others)];
        return this.with(urn, 0, said, async (handlers, warn) => {
            const asked = argumentsOf({
                kind,
                urn,
                news,
                olds: olds.value,
                seed: request.getRandomseed_asU8(),
                configuration: this.configuration,
                references: this.references,
                warn,
            });
            const found = await handlers.check(olds.value, asked.news);
            const failures = [...asked.failures, ...found.failures];
            const { consequence } = found.inputs;
            const inputs =
                typeof consequence === "string"
                    ? { ...found.inputs, consequence: said.hide(consequence) }
                    : found.inputs;
            if (failures.length === 0) this.references.note(kind, urn, inputs, news.secrets, textsOf(news));
            return new proto.CheckResponse()
                .setInputs(secrets.encode(failures.length === 0 ? inputs : withoutUnknowns(inputs)))
                .setFailuresList(failures.map(({ property, reason }) => failureOf(property, said.hide(reason), news)));
        });
    }

    async diff(request: proto.DiffRequest): Promise<proto.DiffResponse> {
        const urn = request.getUrn();
        const kind = kindOf(urn);
        const [{ value: olds, secrets: before }, { value: news, secrets: after }] = [
            ours(request.getOlds()),
            ours(request.getNews()),
        ];
        const secrets = this.secretsOf(kind, ours(request.getOlds()), ours(request.getNews()));
        const oldInputs = request.hasOldInputs() ? ours(request.getOldInputs()).value : olds;
        return this.with(urn, 0, secrets, async (handlers) => {
            refuseAbsentFiles(news, request.getIgnorechangesList());
            const { changes, replaces } = await handlers.diff(request.getId(), olds, news);
            if (changes === false) return diffResponse(false, [], []);
            const found = kind === "unikernel" ? (handlers.differences?.(olds, news) ?? []) : [];
            const details: Detail[] =
                kind === "unikernel" ? detailsOfUnikernel(found, olds, news) : detailsOfInputs(kind, oldInputs, news);
            const line = describe(
                kind,
                details,
                news,
                found,
                [...before, ...after].map(([name]) => String(name)),
            );
            if (line) await this.engine().say(urn, secrets.hide(line));
            return diffResponse(true, details, replaces);
        });
    }

    async create(request: proto.CreateRequest): Promise<proto.CreateResponse> {
        const urn = request.getUrn();
        const kind = kindOf(urn);
        const news = ours(request.getProperties());
        const { value: inputs } = news;
        const secrets = this.secretsOf(kind, news);
        const response = new proto.CreateResponse();
        if (request.getPreview()) return response.setProperties(secrets.encode(createdOutputs(kind, inputs)));
        return this.with(urn, request.getTimeout(), secrets, async (handlers) => {
            const { id, outs } = await handlers.create(inputs).catch((error: unknown) => {
                throw asInitFailed(error, inputs, secrets.pathsOf(inputs, error));
            });
            this.createdInRun.note(kind, urn, outs);
            return response.setId(id).setProperties(secrets.encode(outs));
        });
    }

    async update(request: proto.UpdateRequest): Promise<proto.UpdateResponse> {
        const urn = request.getUrn();
        const kind = kindOf(urn);
        const [olds, news] = [ours(request.getOlds()).value, ours(request.getNews())];
        const secrets = this.secretsOf(kind, news);
        const response = new proto.UpdateResponse();
        if (request.getPreview()) return response.setProperties(secrets.encode(updatedOutputs(kind, olds, news.value)));
        return this.with(urn, request.getTimeout(), secrets, async (handlers) => {
            const { outs } = await handlers.update(request.getId(), olds, news.value).catch((error: unknown) => {
                throw asInitFailed(error, news.value, secrets.pathsOf(news.value, error));
            });
            return response.setProperties(secrets.encode(outs));
        });
    }

    async read(request: proto.ReadRequest): Promise<proto.ReadResponse> {
        const urn = request.getUrn();
        const kind = kindOf(urn);
        const [props, inputs] = [ours(request.getProperties()), ours(request.getInputs())];
        const secrets = this.secretsOf(kind, inputs, props);
        return this.with(urn, 0, secrets, async (handlers) => {
            const known = Object.keys(props.value).length > 0;
            const found = known
                ? await handlers.read(request.getId(), props.value)
                : await importResource(kind, urn, request.getId(), this.configuration, handlers);
            const response = new proto.ReadResponse().setId(found.id);
            // The resource is gone: it has no properties.
            if (found.id === "") return response;
            return response
                .setProperties(secrets.encode(found.props))
                .setInputs(secrets.encode(found.inputs ?? inputs.value));
        });
    }

    async delete(request: proto.DeleteRequest): Promise<Empty> {
        const gone = ours(request.getProperties());
        const { value: props } = gone;
        const urn = request.getUrn();
        return this.with(urn, request.getTimeout(), this.secretsOf(kindOf(urn), gone), async (handlers, warn) => {
            if (this.createdInRun.isSame(kindOf(urn), urn, props)) {
                warn(
                    "warning: kept, not replaced: the engine creates before it deletes, and there can be only one; deleteBeforeReplace: true in its options replaces it",
                );
                return new Empty();
            }
            await handlers.delete(request.getId(), props);
            return new Empty();
        });
    }

    private secretsOf(kind: ResourceKind, ...messages: Decoded[]): Secrets {
        return new Secrets(kind, messages, this.hidden);
    }

    /** Run a handler within its time, and wait until all of its messages are sent. */
    private async with<T>(
        urn: string,
        seconds: number,
        secrets: Secrets,
        act: (handlers: Handlers, log: (message: string) => void) => Promise<T>,
    ): Promise<T> {
        const said: Promise<void>[] = [];
        const log = (message: string) => {
            said.push(this.engine().report(urn, secrets.hide(message)));
        };
        try {
            return await this.calls.run(seconds, (signal) =>
                act(this.handlers(kindOf(urn), { log, signal, isReplaced }), log),
            );
        } catch (error) {
            throw secrets.hideIn(error);
        } finally {
            // A message sent after the response would not appear on this resource's row.
            await Promise.all(said);
        }
    }
}

/** Decode properties without the SDK's own, which state written by dynamic providers contains. */
function ours(message: Message): Decoded {
    const {
        value: { __provider: _, ...value },
        secrets,
        unknowns,
    } = decode(message);
    return { value, secrets: secrets.filter(([name]) => name !== "__provider"), unknowns };
}

/**
 * Return a failure that does not name a secret property: the engine shows the value of a property that it finds by
 * name, even a secret one.
 */
function failureOf(property: string, reason: string, { secrets }: Decoded): proto.CheckFailure {
    const shown = secrets.some(([name]) => name === property);
    return shown
        ? new proto.CheckFailure().setReason(`${property}: ${reason}`)
        : new proto.CheckFailure().setProperty(property).setReason(reason);
}
