import { fromState, toState } from "../../../core/unikernel/stored";
import { checked } from "./specs";

test.each<[string, object]>([
    ["all at rest", {}],
    [
        "nothing left out",
        {
            vcpus: 2,
            autostart: true,
            adopt: true,
            deleteData: true,
            accelerator: "tcg",
            onCrash: "restart",
            shutdownTimeout: 5,
            secrets: ["env.A"],
        },
    ],
    [
        "everything empty",
        { args: [], env: {}, blocks: [], interfaces: [], digests: { kernel: "k1", blocks: [], config: "c1" } },
    ],
])("what goes into state comes out of it: %s", (_title, changes) => {
    expect(fromState(toState(checked(changes)))).toEqual(checked(changes));
});

// Releases have written this: a value that is left out means this, for ever.
test("the form of state", () => {
    expect(
        toState(
            checked({
                args: [],
                env: {},
                blocks: [],
                interfaces: [],
                digests: { kernel: "k1", blocks: [], config: "c1" },
            }),
        ),
    ).toEqual({
        schemaVersion: 1,
        urn: "urn:pulumi:dev::shop::pulumi-nodejs:dynamic/unikernel:Unikernel::web",
        uuid: "8d2a8a0e-3f4c-5d65-9ad0-0a4b7f5d2c11",
        name: "web-1234567",
        platform: "kvm",
        connection: "qemu:///system",
        host: "11111111-1111-1111-1111-111111111111",
        kernel: "bin/nginx",
        guest: "rumprun",
        memory: 64,
        state: "running",
        digests: { kernel: "k1", config: "c1" },
        bootDigest: "b1",
        consequence: "create",
    });
});

test("of nothing comes nothing: a resource that is not in state yet has no olds", () => {
    expect(fromState({})).toEqual({});
});
