import type { ConsequenceTable } from "../../../backends/backend";
import type { StoredInputs } from "../../../core/unikernel/inputs";

/** Checked inputs of a small guest, with what a row of a table changes. */
export function checked(changes: Partial<StoredInputs> = {}): StoredInputs {
    return {
        schemaVersion: 1,
        urn: "urn:pulumi:dev::shop::pulumi-nodejs:dynamic/unikernel:Unikernel::web",
        uuid: "8d2a8a0e-3f4c-5d65-9ad0-0a4b7f5d2c11",
        name: "web-1234567",
        platform: "kvm",
        connection: "qemu:///system",
        host: "11111111-1111-1111-1111-111111111111",
        kernel: "bin/nginx",
        guest: "rumprun",
        args: ["-c", "/etc/nginx.conf"],
        env: { GREETING: "hello", ZONE: "a" },
        memory: 64,
        vcpus: 1,
        blocks: [{ name: "data", digest: "d1", format: "iso9660", mount: "/etc/nginx", access: "read" }],
        interfaces: [{ mac: "52:54:00:00:00:01", attach: { network: "default" }, driver: "vioif", ipv4: "dhcp" }],
        accelerator: "auto",
        state: "running",
        onCrash: "destroy",
        autostart: false,
        shutdownTimeout: 30,
        adopt: false,
        keepLast: 1,
        deleteData: false,
        secrets: [],
        digests: { kernel: "k1", blocks: ["d1"], config: "c1" },
        bootDigest: "b1",
        consequence: "create",
        ...changes,
    };
}

/** The shape of a backend's table: enough of one to decide by. */
export const table: ConsequenceTable = {
    platform: { consequence: "replace", why: "another hypervisor" },
    name: { consequence: "replace", why: "libvirt refuses a second name for a uuid" },
    memory: { consequence: "restart", why: "no balloon" },
    vcpus: {
        consequence: "restart",
        why: "unplugging is not safe",
        refine: (from, to) => (Number(to) > Number(from) ? "live" : "restart"),
    },
    autostart: { consequence: "live", why: "a flag of the host" },
    state: { consequence: "live", why: "pause and resume" },
    "interfaces.attach": {
        consequence: "restart",
        why: "another kind of card",
        refine: (from, to) => ("network" in Object(from) && "network" in Object(to) ? "live" : "restart"),
    },
};
