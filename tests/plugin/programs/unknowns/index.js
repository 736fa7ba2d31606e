// One guest for each position, with a value there that another resource makes: unknown in a preview that updates it.
const pulumi = require("@pulumi/pulumi");

const ROUND = 1;
const config = new pulumi.Config();

/** Has what it is given as output; while it is to be updated, no preview knows it. */
class Later extends pulumi.dynamic.Resource {
    constructor(name, value) {
        super(
            {
                create: async ({ value }) => ({ id: "later", outs: { value, made: value } }),
                update: async (_id, _olds, { value }) => ({ outs: { value, made: value } }),
            },
            name,
            { value, round: ROUND, made: undefined },
        );
    }
}

const POSITIONS = {
    platform: "kvm",
    connection: config.require("connection"),
    kernel: config.require("kernel"),
    name: "later-name",
    guest: "rumprun",
    args: ["one"],
    env: { A: "b" },
    hostname: "later",
    memory: 20,
    vcpus: 1,
    state: "stopped",
    readiness: { console: "test kernel ready" },
    onCrash: "destroy",
    autostart: false,
    blocks: [],
    interfaces: [],
};
const common = {
    platform: "kvm",
    connection: config.require("connection"),
    kernel: config.require("kernel"),
    accelerator: "tcg",
    memory: 16,
    shutdownTimeout: 1,
    state: "stopped",
};

for (const [property, value] of Object.entries(POSITIONS)) {
    const { made } = new Later(`later-${property}`, value);
    new pulumi.CustomResource("unikernel:index:Unikernel", `guest-${property}`, { ...common, [property]: made });
}
const text = new Later("later-text", "page").made;
const image = new pulumi.CustomResource("unikernel:index:BlockImage", "data", { source: { "index.html": text } });
const card = new pulumi.CustomResource("unikernel:index:NetworkInterface", "card", {
    attach: { user: { forward: [{ guest: new Later("later-port", 80).made }] } },
});
new pulumi.CustomResource("unikernel:index:Unikernel", "guest-inner", {
    ...common,
    args: ["--text", text],
    env: { TEXT: text },
    blocks: [{ image, mount: new Later("later-mount", "/data").made }],
    interfaces: [card],
});
