// No guest may have more than 256 MiB: `pulumi preview --policy-pack ../policy-memory`.
const { PolicyPack } = require("@pulumi/policy");

const LIMIT = 256; // MiB

/** A guest's type, under dynamic providers and under the plugin. */
const GUESTS = ["pulumi-nodejs:dynamic/unikernel:Unikernel", "unikernel:index:Unikernel"];

new PolicyPack("unikernel-memory", {
    policies: [
        {
            name: "memory-at-most-256-mib",
            description: `A guest may have ${LIMIT} MiB of memory at most.`,
            enforcementLevel: "mandatory",
            validateResource: ({ type, props }, reportViolation) => {
                if (!GUESTS.includes(type)) return;
                if (props.memory > LIMIT) reportViolation(`${props.memory} MiB is more than ${LIMIT} MiB.`);
            },
        },
    ],
});
