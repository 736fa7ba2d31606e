import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { credentials } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { closeHosts } from "../../../core";
import type { ResourceKind } from "../../../provider";
import { trampoline } from "../../../provider";
import { PLUGIN_TOKENS } from "../../../provider/plugin/urn";
import { handlersOf } from "../../../provider/registry";
import { ask, initFailedOf, Plugin, struct, urnOf } from "../../unit/provider/plugin/plugin";
import type { Values } from "./arguments";
import { constructed, written } from "./arguments";

const repository = resolve(__dirname, "../../..");

/** A partial result: what an error says of a resource that is there. */
export interface Partial {
    id: string;
    reasons: string[];
    properties: Values;
}

/** One way to the handlers, in plain data. Every one of them gets the plugin's URNs: all is to be the same. */
export interface ContractHost {
    /** Arguments of a test in the form in which this host's programs send them. */
    argumentsOf(kind: ResourceKind, name: string, args: Values, checked: Record<string, Values>): Values;
    check(kind: ResourceKind, name: string, olds: Values, news: Values): Promise<unknown>;
    diff(kind: ResourceKind, name: string, id: string, olds: Values, news: Values): Promise<unknown>;
    create(kind: ResourceKind, name: string, inputs: Values): Promise<{ id: string; outs: Values }>;
    read(kind: ResourceKind, name: string, id: string, props: Values, inputs: Values): Promise<unknown>;
    update(kind: ResourceKind, name: string, id: string, olds: Values, news: Values): Promise<{ outs: Values }>;
    delete(kind: ResourceKind, name: string, id: string, props: Values): Promise<void>;
    partialOf(error: unknown): Partial | undefined;
    close(): Promise<void>;
}

export const urnIn = (kind: ResourceKind, name: string) => urnOf(PLUGIN_TOKENS[kind].split(":")[2]!, name);

/** The handlers themselves, in this process. */
export function bareHandlers(): ContractHost {
    const of = (kind: ResourceKind) => handlersOf(kind, { log: () => undefined });
    return {
        argumentsOf: constructed,
        check: (kind, _name, olds, news) => of(kind).check(olds, news),
        diff: (kind, _name, id, olds, news) => of(kind).diff(id, olds, news),
        create: (kind, _name, inputs) => of(kind).create(inputs),
        read: (kind, _name, id, props) => of(kind).read(id, props),
        update: (kind, _name, id, olds, news) => of(kind).update(id, olds, news),
        delete: (kind, _name, id, props) => of(kind).delete(id, props),
        partialOf: (error) =>
            error instanceof Error && "reasons" in error ? (error as unknown as Partial) : undefined,
        close: closeHosts,
    };
}

/** The SDK's own server of dynamic providers, as the engine starts it. */
export async function dynamicHost(env: Record<string, string>): Promise<ContractHost> {
    const folder = await mkdtemp(join(tmpdir(), "pulumi-unikernel-contract-"));
    await mkdir(join(folder, "node_modules"));
    await symlink(repository, join(folder, "node_modules", "pulumi-unikernel"));
    const host = await served(
        [join(repository, "node_modules/@pulumi/pulumi/cmd/dynamic-provider"), "127.0.0.1:1"],
        env,
        folder,
    );
    return {
        ...host,
        argumentsOf: (kind, ...rest) => ({ ...constructed(kind, ...rest), __provider: trampoline(kind) }),
        close: async () => {
            await host.close();
            await rm(folder, { recursive: true });
        },
    };
}

/** The plugin's executable. */
export async function pluginHost(env: Record<string, string>): Promise<ContractHost & { plugin: Plugin }> {
    return {
        ...(await served([join(repository, "bin/pulumi-resource-unikernel")], env, repository)),
        argumentsOf: written,
    };
}

async function served(
    program: string[],
    env: Record<string, string>,
    folder: string,
): Promise<Omit<ContractHost, "argumentsOf"> & { plugin: Plugin }> {
    const child = spawn(process.execPath, program, {
        cwd: folder,
        env: { ...process.env, ...env },
        stdio: ["pipe", "pipe", "ignore"],
    });
    const ended = once(child, "exit");
    const [port] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    const plugin = new Plugin(new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure()), () =>
        child.kill(),
    );
    await plugin.configure();
    return {
        plugin,
        check: (kind, name, olds, news) => plugin.check(urnIn(kind, name), news, olds),
        diff: async (kind, name, id, olds, news) => {
            const request = new proto.DiffRequest()
                .setId(id)
                .setUrn(urnIn(kind, name))
                .setOlds(struct(olds))
                .setOldInputs(struct(olds))
                .setNews(struct(news));
            const response = await ask<proto.DiffResponse>((done) => plugin.client.diff(request, done));
            const { DIFF_NONE, DIFF_SOME } = proto.DiffResponse.DiffChanges;
            const changes = { [DIFF_NONE]: false, [DIFF_SOME]: true }[response.getChanges() as number];
            return {
                changes,
                replaces: response.getReplacesList(),
                deleteBeforeReplace: response.getDeletebeforereplace(),
            };
        },
        create: (kind, name, inputs) => plugin.create(urnIn(kind, name), inputs),
        read: async (kind, name, id, props, inputs) => {
            const found = await plugin.read(urnIn(kind, name), id, props, inputs);
            // Nothing on the wire is an empty message here.
            return found.id === "" ? { id: found.id, props: found.props } : found;
        },
        update: async (kind, name, id, olds, news) => ({
            outs: await plugin.update(urnIn(kind, name), id, olds, news),
        }),
        delete: (kind, name, id, props) => plugin.delete(urnIn(kind, name), id, props),
        partialOf: (error) =>
            error instanceof Error &&
            "metadata" in error &&
            (error.metadata as { get(key: string): unknown[] }).get("grpc-status-details-bin").length > 0
                ? initFailedOf(error)
                : undefined,
        close: async () => {
            plugin.close();
            await ended;
        },
    };
}
