// Declares what the test's configuration says, without an SDK: `guests` maps logical names to arguments, `import` to ids.
const pulumi = require("@pulumi/pulumi");

const config = new pulumi.Config();
const ids = config.getObject("import") ?? {};
for (const [name, args] of Object.entries(config.getObject("guests") ?? {})) {
    new pulumi.CustomResource("unikernel:index:Unikernel", name, args, { import: ids[name] });
}
