// Declares what the test's configuration says: `guests` maps logical names to arguments, `images` to sources.
const pulumi = require("@pulumi/pulumi");
const { BlockImage, NetworkInterface, Unikernel } = require("pulumi-unikernel");

const config = new pulumi.Config();
const images = Object.fromEntries(
    Object.entries(config.getObject("images") ?? {}).map(([name, args]) => [name, new BlockImage(name, args)]),
);

for (const [name, { image, interfaces = [], secretEnv, options, ...args }] of Object.entries(
    config.requireObject("guests"),
)) {
    const guest = new Unikernel(
        name,
        {
            platform: "kvm",
            connection: config.require("connection"),
            kernel: config.require("kernel"),
            accelerator: "tcg",
            memory: 16,
            ...args,
            env: secretEnv ? { ...args.env, PASSWORD: config.requireSecret(secretEnv) } : args.env,
            blocks: image ? [{ image: images[image], mount: "/data" }] : args.blocks,
            interfaces: interfaces.map((card, index) => new NetworkInterface(`${name}-${index}`, card)),
        },
        options,
    );
    exports[name] = { uuid: guest.uuid, name: guest.name, state: guest.state, consequence: guest.consequence };
}
