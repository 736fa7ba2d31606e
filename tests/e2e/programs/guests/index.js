// Declares what declared.json says: `guests` maps logical names to arguments, `images` to sources.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const pulumi = require("@pulumi/pulumi");
const { BlockImage, NetworkInterface, Unikernel } = require("pulumi-unikernel");

const config = new pulumi.Config();
// A file: two commands that set the configuration take as long as half an update.
const declared = JSON.parse(readFileSync(join(__dirname, "declared.json"), "utf8"));
const images = Object.fromEntries(
    Object.entries(declared.images ?? {}).map(([name, args]) => [name, new BlockImage(name, args)]),
);

for (const [name, { image, interfaces = [], secretEnv, options, ...args }] of Object.entries(declared.guests)) {
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
