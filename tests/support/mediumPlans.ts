import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import {
    type BlockSpec,
    type EncodedGuest,
    type GuestPlan,
    type MediumBoot,
    SCHEMA_VERSION,
    type UnikernelSpec,
} from "../../model";

const sha256 = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex");

export interface MediumPlanOptions {
    /** Local files. */
    kernel: string;
    blocks?: string[];
    initrd?: EncodedGuest["initrd"];
    cmdline?: string;
    medium: Partial<MediumBoot> & Pick<MediumBoot, "protocol">;
    spec?: Partial<UnikernelSpec>;
    firmware?: GuestPlan["guest"]["firmware"];
    secret?: boolean;
    digestKey?: string;
}

/** Return a plan for a medium, as an ABI might make it, from explicit values. */
export function mediumPlan({
    kernel,
    blocks = [],
    initrd = [],
    cmdline = "",
    medium,
    spec = {},
    firmware = ["bios", "uefi"],
    secret = false,
    digestKey,
}: MediumPlanOptions): GuestPlan {
    const digest = (path: string): string => sha256(readFileSync(path));
    const asBlock = (path: string): BlockSpec => ({
        name: basename(path),
        digest: digest(path),
        format: "raw",
        path,
        access: "read",
    });
    const first = initrd[0];
    return {
        spec: {
            schemaVersion: SCHEMA_VERSION,
            urn: "urn:test",
            uuid: "00000000-0000-5000-8000-000000000000",
            name: "web",
            platform: "iso",
            connection: "local",
            guest: "test",
            kernel,
            args: [],
            env: {},
            memory: 64,
            vcpus: 1,
            blocks: blocks.map(asBlock),
            interfaces: [],
            accelerator: "auto",
            state: "running",
            onCrash: "destroy",
            autostart: false,
            shutdownTimeout: 10,
            adopt: false,
            deleteData: false,
            secrets: [],
            ...spec,
        },
        guest: {
            platforms: ["iso"],
            machine: "pc",
            virtio: "transitional",
            drivers: {},
            shutdown: false,
            writableDisks: [],
            minMemory: 1,
            maxDisks: 16,
            maxInterfaces: 8,
            ends: "halt",
            panicDevice: false,
            firmware,
        },
        boot: { cmdline, initrd, secret, guestConfig: "", medium: { blocks: [], files: {}, ...medium } },
        digests: {
            kernel: digest(kernel),
            blocks: blocks.map(digest),
            config: sha256("config"),
            ...(first && "file" in first ? { initrd: digest(first.file) } : {}),
        },
        bootDigest: sha256("boot"),
        digestKey,
        blockFiles: blocks,
        readConsole: () => ({}),
    };
}
