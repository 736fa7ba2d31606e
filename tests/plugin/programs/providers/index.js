// Declares what the test's configuration says, without an SDK: `providers`, `images`, `cards` and `guests` map logical names to
// arguments (`provider`, `image`, `card` name one of them), `calls` a name to a function and its arguments.
const pulumi = require("@pulumi/pulumi");

class Provider extends pulumi.ProviderResource {
    constructor(name, args) {
        super("unikernel", name, args);
    }
}

const config = new pulumi.Config();
const each = (section, make) =>
    Object.fromEntries(Object.entries(config.getObject(section) ?? {}).map(([name, args]) => [name, make(name, args)]));
const resource =
    (type) =>
    (name, { provider, options, ...args }) =>
        new pulumi.CustomResource(`unikernel:index:${type}`, name, args, { provider: providers[provider], ...options });

const providers = each("providers", (name, args) => new Provider(name, args));
const images = each("images", resource("BlockImage"));
const cards = each("cards", resource("NetworkInterface"));
const guest = resource("Unikernel");
const guests = each("guests", (name, { image, card, ...args }) =>
    guest(name, {
        platform: "kvm",
        kernel: config.require("kernel"),
        memory: 16,
        shutdownTimeout: 1,
        uuid: undefined,
        connection: undefined,
        accelerator: undefined,
        ...(image ? { blocks: [{ image: images[image], mount: "/data" }] } : {}),
        ...(card ? { interfaces: [cards[card]] } : {}),
        ...args,
    }),
);
exports.guests = Object.fromEntries(
    Object.entries(guests).map(([name, { uuid, connection, accelerator }]) => [
        name,
        { uuid, connection, accelerator },
    ]),
);
exports.calls = each("calls", (_name, { call, provider, after, ...args }) =>
    (guests[after] ? guests[after].id : pulumi.output("")).apply(() =>
        pulumi.runtime.invoke(`unikernel:index:${call}`, args, { provider: providers[provider] }).then(
            (got) => got,
            (error) => ({ error: error.message }),
        ),
    ),
);
