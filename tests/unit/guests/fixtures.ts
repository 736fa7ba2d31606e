import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BlockSpec, InterfaceSpec, UnikernelSpec } from "../../../model";

/** A checked unikernel with nothing but what it must have. */
export function spec(changes: Partial<UnikernelSpec> = {}): UnikernelSpec {
    return {
        schemaVersion: 1,
        urn: "urn:pulumi:dev::p::unikernel:index:Unikernel::web",
        uuid: "6f1c1a3e-0000-5000-8000-000000000001",
        name: "web-0123456",
        platform: "kvm",
        connection: "qemu:///system",
        kernel: "./bin/nginx",
        guest: "rumprun",
        args: [],
        env: {},
        memory: 64,
        vcpus: 1,
        blocks: [],
        interfaces: [],
        accelerator: "tcg",
        state: "running",
        onCrash: "destroy",
        autostart: false,
        shutdownTimeout: 10,
        adopt: false,
        deleteData: false,
        secrets: [],
        ...changes,
    };
}

export const block = (mount?: string, changes: Partial<BlockSpec> = {}): BlockSpec => ({
    name: "data",
    digest: "0".repeat(64),
    format: "iso9660",
    access: "read",
    mount,
    ...changes,
});

export const nic = (changes: Partial<InterfaceSpec> = {}): InterfaceSpec => ({
    mac: "52:54:00:00:00:01",
    attach: { user: { forward: [] } },
    ipv4: "dhcp",
    ...changes,
});

/** A folder for the test file, and a writer of files in it. */
export function scratch(): { folder: string; write(name: string, bytes: Uint8Array): string; remove(): void } {
    const folder = mkdtempSync(join(tmpdir(), "guests-"));
    return {
        folder,
        write(name, bytes) {
            const path = join(folder, name);
            writeFileSync(path, bytes);
            return path;
        },
        remove: () => rmSync(folder, { recursive: true, force: true }),
    };
}
