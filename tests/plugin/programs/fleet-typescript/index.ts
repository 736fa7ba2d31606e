// The fleet of fleet-yaml, over the generated SDK.
import * as pulumi from "@pulumi/pulumi";
import { BlockImage, UnikernelFleet } from "pulumi-unikernel-sdk";

const config = new pulumi.Config();
const data = new BlockImage("data", { source: { "index.html": "page" } });
const web = new UnikernelFleet("web", {
    replicas: 2,
    template: {
        platform: "kvm",
        connection: config.require("connection"),
        kernel: config.require("kernel"),
        accelerator: "tcg",
        memory: 16,
        shutdownTimeout: 1,
        readiness: { console: "test kernel ready" },
        env: {
            GREETING: "hello from ${name}, $${literal}",
            PASSWORD: pulumi.interpolate`${config.requireSecret("password")}-\${index}`,
        },
        blocks: [{ image: data, mount: "/data" }],
        interfaces: [{ attach: { user: { forward: [{ guest: 80 }] } } }],
    },
    members: { "1": { memory: 20, env: { EXTRA: "${index}" } } },
    ports: { from: 18080 },
});

export const members = web.members;
