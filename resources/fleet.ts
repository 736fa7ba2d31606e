import * as pulumi from "@pulumi/pulumi";
import type { UnikernelArgs } from "./unikernel";
import { Unikernel } from "./unikernel";

/** What the function that describes an instance may use. */
export interface FleetInstance {
    /** Logical name of the instance: the fleet's name, `-`, and its index. */
    name: string;
    /** For resources that belong to the instance, such as its NetworkInterface: they become children of the fleet. */
    opts: pulumi.CustomResourceOptions;
}

export interface UnikernelFleetArgs {
    /** How many instances: a whole number from 0. Changed: instances are added or removed at the end. */
    count: number;
    /**
     * Describes one instance, from index 0.
     * @example (index, { name, opts }) => ({ ...template, interfaces: [new NetworkInterface(name, {...}, opts)] })
     */
    instance(index: number, context: FleetInstance): UnikernelArgs;
    /**
     * How many instances may be down at once while a change is rolled out. An instance that does not come up stops
     * the roll-out, so give the instances a `readiness`. The first `up` raises this many at a time, too.
     * @default 1
     */
    maxUnavailable?: number;
}

/**
 * Unikernels from one template that are changed one after the other: each waits until the one `maxUnavailable`
 * places before it is ready.
 *
 * @example
 * const fleet = new UnikernelFleet("web", {
 *     count: 3,
 *     instance: (index, { name, opts }) => ({
 *         platform: "kvm",
 *         kernel: "./bin/nginx",
 *         interfaces: [new NetworkInterface(name, { attach: { user: { forward: [{ host: 8080 + index, guest: 80 }] } } }, opts)],
 *         readiness: { tcp: { port: 80 } },
 *     }),
 * });
 */
export class UnikernelFleet extends pulumi.ComponentResource {
    readonly instances: Unikernel[] = [];

    constructor(name: string, args: UnikernelFleetArgs, opts?: pulumi.ComponentResourceOptions) {
        super("pulumi-unikernel:index:UnikernelFleet", name, {}, opts);
        const step = args.maxUnavailable ?? 1;
        requireWhole("count", args.count, 0);
        requireWhole("maxUnavailable", step, 1);
        for (let index = 0; index < args.count; index++) {
            const context = { name: `${name}-${index}`, opts: { parent: this } };
            const before = this.instances[index - step];
            this.instances.push(
                new Unikernel(context.name, args.instance(index, context), {
                    ...context.opts,
                    dependsOn: before ? [before] : [],
                }),
            );
        }
        this.registerOutputs({});
    }
}

function requireWhole(property: string, value: number, least: number): void {
    if (!Number.isInteger(value) || value < least) {
        throw new pulumi.RunError(`UnikernelFleet ${property}: expected a whole number from ${least}, found ${value}.`);
    }
}
