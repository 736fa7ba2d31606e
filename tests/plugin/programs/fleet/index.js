// Declares the fleet that declared.json describes: by a function, by a template, or by the plugin.
const { readFileSync, appendFileSync } = require("node:fs");
const { join } = require("node:path");
const pulumi = require("@pulumi/pulumi");
const { NetworkInterface, UnikernelFleet } = require("pulumi-unikernel");

const config = new pulumi.Config();
const { by, name, options, args } = JSON.parse(readFileSync(join(__dirname, "declared.json"), "utf8"));

/** The fleet of the plugin, as a generated SDK declares it. */
class PluginFleet extends pulumi.ComponentResource {
    constructor(name, args, opts) {
        const aliases = [{ type: "pulumi-unikernel:index:UnikernelFleet" }, ...(opts.aliases ?? [])];
        super("unikernel:index:UnikernelFleet", name, { members: undefined, ...args }, { ...opts, aliases }, true);
    }
}

/** Has what it is given as output: unknown while it is not made, or is to be updated. */
class Later extends pulumi.dynamic.Resource {
    constructor(name, value) {
        const made = async (_id, _olds, { value }) => ({ outs: { value, made: value } });
        const create = async ({ value }) => ({ id: "later", outs: { value, made: value } });
        super({ create, update: made }, name, { value, made: undefined });
    }
}

/** `{ secret: value }` and `{ later: value }`, at any depth. */
function reveal(value) {
    if (value === null || typeof value !== "object") return value;
    if (Object.keys(value).join() === "secret") return pulumi.secret(reveal(value.secret));
    if (Object.keys(value).join() === "later") return new Later("later", value.later).made;
    return Array.isArray(value)
        ? value.map(reveal)
        : Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, reveal(inner)]));
}

function optionsOf({ transformed, hooked, provided, ...others } = {}) {
    const note = (words) => appendFileSync(join(__dirname, "noted"), `${words}\n`);
    return {
        ...others,
        ...(transformed
            ? {
                  transforms: [
                      ({ type, props, opts }) =>
                          type.endsWith(":Unikernel")
                              ? { props: { ...props, hostname: transformed }, opts }
                              : undefined,
                  ],
              }
            : {}),
        ...(hooked
            ? { hooks: { beforeCreate: [new pulumi.ResourceHook("noting", ({ name }) => note(`before ${name}`))] } }
            : {}),
        ...(provided
            ? { providers: { unikernel: new Provider(provided, { connection: config.require("connection") }) } }
            : {}),
    };
}

class Provider extends pulumi.ProviderResource {
    constructor(name, args) {
        super("unikernel", name, args);
    }
}

const { template, ...others } = reveal(args);
const declared = {
    ...others,
    template: {
        platform: "kvm",
        connection: config.require("connection"),
        kernel: config.require("kernel"),
        accelerator: "tcg",
        memory: 16,
        shutdownTimeout: 1,
        readiness: { console: "test kernel ready", timeout: 60 },
        ...template,
    },
};

const byFunction = ({ replicas, template: { interfaces = [], ...rest }, maxUnavailable, strategy, minInService }) => ({
    count: replicas,
    maxUnavailable,
    strategy,
    minInService,
    instance: (_index, { name, opts }) => ({
        ...rest,
        interfaces: interfaces.map((card) => new NetworkInterface(name, card, opts)),
    }),
});

const fleet =
    by === "plugin"
        ? new PluginFleet(name, declared, optionsOf(options))
        : new UnikernelFleet(name, by === "function" ? byFunction(declared) : declared, optionsOf(options));
exports.members = fleet.members;
