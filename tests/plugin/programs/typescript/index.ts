// A program over the generated SDK, with a provider of its own beside the default one.
import * as pulumi from "@pulumi/pulumi";
import { BlockImage, getUnikernelOutput, NetworkInterface, Provider, Unikernel } from "pulumi-unikernel-sdk";

const config = new pulumi.Config();
const connection = config.require("connection");

const data = new BlockImage("data", { source: { "index.html": config.require("greeting") } });
const card = new NetworkInterface("card", { attach: { user: { forward: [{ guest: 80 }] } } });
const args = {
    platform: "kvm",
    kernel: config.require("kernel"),
    memory: 16,
    shutdownTimeout: 1,
    accelerator: "tcg",
    readiness: { console: "test kernel ready" },
} as const;
const web = new Unikernel("web", {
    ...args,
    connection,
    blocks: [{ image: data, mount: "/data" }],
    interfaces: [card],
});

// Numbers and truths of a provider's arguments are texts on their way.
const provider = new Provider("bounded", {
    connection,
    memoryLimit: config.requireNumber("limit"),
    allowQemuArgs: true,
});
const bounded = new Unikernel("bounded", { ...args, args: ["one"], qemuArgs: ["-name", "bounded"] }, { provider });

export const uuids = [web.uuid, bounded.uuid];
export const seen = getUnikernelOutput({ uuid: web.uuid, connection }).state;
