import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";

import { v5 } from "uuid";

import type { Applied, Backend, Context, Creator } from "../../backends/backend";
import { guestAbi, readKernel } from "../../guests";
import { type BlockSpec, type GuestPlan, SCHEMA_VERSION, type UnikernelSpec } from "../../model";

const NAMESPACE = "6ba7b811-9dad-11d1-80b4-00c04fd430c8"; // RFC 4122: URLs

/** The creator of every guest for which a test names no other. */
export const alice: Creator = { user: "alice", machine: "wonderland", project: "0123456789abcdef" };

/** Return a context that records log messages. */
export function testContext(creator: Creator = alice): Context & { said: string[] } {
    const said: string[] = [];
    return {
        creator,
        said,
        log: (message) => {
            said.push(message);
        },
    };
}

export interface PlanOptions extends Partial<Omit<UnikernelSpec, "blocks">> {
    connection: string;
    name: string;
    kernel: string;
    /** Local files; digests are computed from their content. */
    blocks?: (Partial<BlockSpec> & { path: string })[];
}

/** Return a plan as the core makes it, with defaults: emulated, and ready when the test kernel says so. */
export async function testPlan({ blocks = [], ...options }: PlanOptions): Promise<GuestPlan> {
    const urn = options.urn ?? `urn:pulumi:test::lifecycle::pulumi-unikernel:index:Unikernel::${options.name}`;
    const spec: UnikernelSpec = {
        schemaVersion: SCHEMA_VERSION,
        urn,
        uuid: v5(urn, NAMESPACE),
        platform: "kvm",
        guest: "rumprun",
        args: [],
        env: {},
        memory: 16,
        vcpus: 1,
        interfaces: [],
        accelerator: "tcg",
        state: "running",
        onCrash: "destroy",
        autostart: false,
        readiness: { console: "test kernel ready", timeout: 30 },
        shutdownTimeout: 10,
        adopt: false,
        deleteData: false,
        secrets: [],
        blocks: blocks.map(({ path, ...block }) => ({
            name: basename(path),
            digest: digestOf(path),
            format: "raw",
            path,
            access: "read",
            ...block,
        })),
        ...options,
    };
    const facts = await readKernel(spec.kernel);
    const abi = guestAbi(spec.guest)!;
    const boot = abi.encode(spec, { platform: spec.platform, initrd: spec.initrd, kernel: facts });
    const digests = {
        kernel: digestOf(spec.kernel),
        blocks: spec.blocks.map((block) => block.digest),
        ...(spec.initrd === undefined ? {} : { initrd: digestOf(spec.initrd) }),
        config: sha256(boot.guestConfig),
    };
    const { memory, vcpus, qemuArgs, gdb, accelerator } = spec;
    return {
        spec,
        guest: abi.capabilities(facts),
        boot,
        digests,
        blockFiles: blocks.map(({ path }) => path),
        readConsole: (text) => abi.readConsole(text),
        // Like the core, leave out what may change live.
        bootDigest: sha256(
            JSON.stringify([
                digests,
                spec.platform === "xen" ? undefined : memory,
                vcpus,
                qemuArgs,
                gdb,
                accelerator,
                spec.interfaces,
                spec.blocks.map(({ access }) => access),
            ]),
        ),
    };
}

/** Return the reference to a plan's guest. */
export function refOf({ spec: { connection, uuid, name, urn } }: GuestPlan): {
    connection: string;
    uuid: string;
    name: string;
    urn: string;
} {
    return { connection, uuid, name, urn };
}

const digestOf = (path: string): string => sha256(readFileSync(path));
const sha256 = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex");

/** Return what state holds of a guest that was just read, for its deletion. */
export async function stateOf(backend: Backend, plan: GuestPlan): Promise<Applied> {
    const seen = await backend.observe(refOf(plan), plan.spec).catch(() => undefined);
    return { ...plan.spec, incarnation: seen?.incarnation };
}
