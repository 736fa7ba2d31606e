import { randomBytes } from "node:crypto";

import { defaultName, hashOf, uuidOf } from "../core";
import { type Accelerator, type HostedPlatform, KEY_DIGITS } from "../model";
import type { FreeAddress } from "./network";

/** Prefix of the names of all selftest guests; no other guest has it. */
export const NAME_PREFIX = "unikernel-selftest-";
export const URN_PREFIX = "urn:pulumi:selftest::pulumi-unikernel-selftest::unikernel:index:Unikernel::";
export const SECRET = "SELFTEST_SECRET";
export const READY = "test kernel ready";

/** Everything needed to find a guest again, whatever happened to its run. */
export interface Traces {
    urn: string;
    uuid: string;
    name: string;
    reservation?: { network: string; mac: string; address: string };
}

/** Settings that all guests of a run share. */
export interface Setting {
    connection: string;
    platform: HostedPlatform;
    accelerator: Accelerator;
    kernel: string;
    /** The image from which persist disks are seeded. */
    seed: string;
}

/** One throwaway guest. */
export interface Subject extends Traces {
    mac: string;
    secret: string;
    setting: Setting;
}

export function makeSubject(setting: Setting, run: string, role: string, address?: FreeAddress): Subject {
    const urn = `${URN_PREFIX}${NAME_PREFIX}${run}-${role}`;
    const mac = `52:54:00:${hashOf(urn, 6).match(/../g)!.join(":")}`;
    return {
        urn,
        uuid: uuidOf(urn),
        name: defaultName(urn),
        mac,
        secret: randomBytes(12).toString("hex"),
        setting,
        reservation: address && { ...address, mac },
    };
}

export function tracesOf({ urn, uuid, name, reservation }: Subject): Traces {
    return { urn, uuid, name, reservation };
}

/** The variable part of a guest's declaration. */
export interface Version {
    word: string;
    state?: "running" | "paused" | "stopped";
    /** It panics instead of becoming ready. */
    panics?: boolean;
}

/** Return the arguments of a guest, as a resource's constructor sends them to its provider. */
export function argumentsOf(
    { urn, name, mac, secret, reservation, setting }: Subject,
    { word, state = "running", panics = false }: Version,
): Record<string, unknown> {
    const { platform, connection, accelerator, kernel, seed } = setting;
    return {
        resourceUrn: urn,
        platform,
        connection,
        name,
        kernel,
        guest: "rumprun",
        memory: 16,
        args: [word],
        state,
        ...(platform === "kvm" ? { accelerator } : {}),
        env: { [SECRET]: secret, ...(panics ? { TEST: "panic" } : {}) },
        secrets: [`env.${SECRET}`],
        // Given, as by an engine with a seed, so that the user's own key file is not read.
        digestKey: hashOf(`${secret} ${urn}`, KEY_DIGITS),
        blocks: [{ name: "data", path: seed, format: "raw", access: "persist" }],
        interfaces: reservation
            ? [{ mac, attach: { network: reservation.network }, ipv4: { reserve: reservation.address } }]
            : [],
        readiness: { console: READY, timeout: 60 },
        shutdownTimeout: 2,
        deleteData: true,
    };
}
