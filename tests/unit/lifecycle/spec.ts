import type { UnikernelSpec } from "../../../model";

/** A spec with nothing in it but what a test says. */
export function specOf(changes: Partial<UnikernelSpec> = {}): UnikernelSpec {
    return {
        schemaVersion: 1,
        urn: "urn:pulumi:dev::p::t::web",
        uuid: "11111111-1111-5111-8111-111111111111",
        name: "web",
        platform: "kvm",
        connection: "test:///default",
        kernel: "./kernel",
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
