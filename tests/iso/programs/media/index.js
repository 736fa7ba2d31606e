// Declares what the test's configuration says: `unikernels` maps logical names to arguments, `images` to sources.
const pulumi = require("@pulumi/pulumi");
const { BlockImage, NetworkInterface, Unikernel } = require("pulumi-unikernel");

const config = new pulumi.Config();
const images = Object.fromEntries(
    Object.entries(config.getObject("images") ?? {}).map(([name, args]) => [name, new BlockImage(name, args)]),
);

for (const [name, { image, interfaces = [], secretEnv, ...args }] of Object.entries(
    config.requireObject("unikernels"),
)) {
    const made = new Unikernel(name, {
        platform: "iso",
        kernel: config.require("kernel"),
        ...args,
        env: secretEnv ? { PASSWORD: config.requireSecret(secretEnv) } : args.env,
        blocks: image ? [{ image: images[image], mount: "/data" }] : args.blocks,
        interfaces: interfaces.map((card, index) => new NetworkInterface(`${name}-${index}`, card)),
    });
    exports[name] = {
        path: made.path,
        sha256: made.sha256,
        size: made.size,
        manifest: made.manifest,
        state: made.state,
        consoleLog: made.consoleLog,
    };
}
