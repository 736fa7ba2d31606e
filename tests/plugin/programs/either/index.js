// Declares what declared.json says, by dynamic providers or by the plugin: `guests` and `images` map logical names to arguments,
// among them `by` for what another serves than the rest.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const pulumi = require("@pulumi/pulumi");
const { BlockImage, Network, NetworkInterface, Unikernel } = require("pulumi-unikernel");

const config = new pulumi.Config();
// A file, since state holds a stack's configuration.
const declared = JSON.parse(readFileSync(join(__dirname, "declared.json"), "utf8"));
const tokenOf = (kind, by) => (by === "plugin" ? `unikernel:index:${kind}` : `pulumi-nodejs:dynamic/unikernel:${kind}`);

const OUTPUTS = {
    Unikernel: ["name", "uuid", "state", "consequence"],
    Network: ["name", "uuid", "bridge", "consequence"],
};

function declare(Dynamic, name, { by = declared.by, ...args }, opts) {
    const plugin = by === "plugin";
    const kind = Dynamic.name;
    const { formerly, ...others } = opts ?? {};
    const aliased = {
        ...others,
        ...(declared.options?.[name] ?? {}),
        aliases: [{ type: tokenOf(kind, plugin ? "dynamic" : "plugin") }, ...(formerly ? [{ name: formerly }] : [])],
    };
    if (!plugin) return new Dynamic(name, args, aliased);
    const outputs = Object.fromEntries((OUTPUTS[kind] ?? []).map((output) => [output, undefined]));
    return new pulumi.CustomResource(tokenOf(kind, "plugin"), name, { ...outputs, ...args }, aliased);
}

class Site extends pulumi.ComponentResource {
    constructor(name) {
        super("shop:index:Site", name, {});
        this.registerOutputs({});
    }
}

/** `{ secret: value }`, at any depth. */
function reveal(value) {
    if (value === null || typeof value !== "object") return value;
    if (Object.keys(value).join() === "secret") return pulumi.secret(reveal(value.secret));
    return Array.isArray(value)
        ? value.map(reveal)
        : Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, reveal(inner)]));
}

const images = Object.fromEntries(
    Object.entries(declared.images).map(([name, args]) => [name, declare(BlockImage, name, reveal(args))]),
);

const networks = Object.fromEntries(
    Object.entries(declared.networks ?? {}).map(([name, args]) => [
        name,
        declare(Network, name, { connection: config.require("connection"), ...reveal(args) }),
    ]),
);
for (const [name, { uuid, bridge }] of Object.entries(networks)) exports[name] = { uuid, bridge };

/** `{ attach: { declared: NAME } }`: on a network of this program. */
function plugged({ attach, ...card }) {
    if (attach?.declared === undefined) return reveal({ attach, ...card });
    return { ...reveal(card), attach: { network: networks[attach.declared].name } };
}

for (const [name, { by, image, mount = "/data", interfaces = [], parent, formerly, ...args }] of Object.entries(
    declared.guests,
)) {
    const opts = parent ? { parent: new Site(parent) } : {};
    const guest = declare(
        Unikernel,
        name,
        {
            by,
            platform: "kvm",
            connection: config.require("connection"),
            kernel: config.require("kernel"),
            // Means nothing on Xen, and is refused there.
            ...(args.platform === "xen" ? {} : { accelerator: "tcg" }),
            memory: 16,
            shutdownTimeout: 1,
            readiness: { console: "test kernel ready", timeout: 60 },
            ...reveal(args),
            ...(image ? { blocks: [{ image: images[image], mount: reveal(mount) }] } : {}),
            interfaces: interfaces.map((card, index) =>
                declare(
                    NetworkInterface,
                    `${name}-${index}`,
                    { by, ...plugged(card) },
                    {
                        ...opts,
                        ...(formerly ? { formerly: `${formerly}-${index}` } : {}),
                    },
                ),
            ),
        },
        { ...opts, formerly },
    );
    exports[name] = { uuid: guest.uuid, name: guest.name, state: guest.state, consequence: guest.consequence };
}
