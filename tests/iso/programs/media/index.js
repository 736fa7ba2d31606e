// Declares what declared.json says: `unikernels` maps logical names to arguments, `images` to sources.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const pulumi = require("@pulumi/pulumi");
const { BlockImage, NetworkInterface, Unikernel } = require("pulumi-unikernel");

const config = new pulumi.Config();
const declared = JSON.parse(readFileSync(join(__dirname, "declared.json"), "utf8"));
const images = Object.fromEntries(
    Object.entries(declared.images).map(([name, args]) => [name, new BlockImage(name, args)]),
);

for (const [name, { image, interfaces = [], secretEnv, ...args }] of Object.entries(declared.unikernels)) {
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
