import * as pulumi from "@pulumi/pulumi";
import {
    expandFleet,
    type FleetMember,
    type Problem,
    type RollOut,
    rollOutOf,
    rollOutOfMembers,
} from "../model/declared";
import { DYNAMIC_FLEET_TOKEN, outputValues } from "../provider";
import type { FleetInstance, UnikernelFleetArgs, UnikernelFleetTemplateArgs } from "./fleetArgs";
import { memberOf } from "./fleetMembers";
import { FleetRollOut } from "./fleetRollOut";
import { NetworkInterface } from "./networkInterface";
import type { UnikernelArgs } from "./unikernel";
import { Unikernel } from "./unikernel";

export type {
    FleetCanaryArgs,
    FleetInstance,
    FleetOverrideArgs,
    FleetPortsArgs,
    FleetStrategyArgs,
    FleetTemplateArgs,
    UnikernelFleetArgs,
    UnikernelFleetTemplateArgs,
} from "./fleetArgs";

/**
 * Unikernels from one template that are changed one after the other: each waits until the one `maxUnavailable`
 * places before it is ready.
 *
 * @example
 * const fleet = new UnikernelFleet("web", {
 *     replicas: 3,
 *     template: {
 *         platform: "kvm",
 *         kernel: "./bin/nginx",
 *         hostname: "${name}",
 *         interfaces: [{ attach: { user: { forward: [{ guest: 80 }] } } }],
 *         readiness: { tcp: { port: 80 } },
 *     },
 *     ports: { from: 8080 },
 * });
 */
export class UnikernelFleet extends pulumi.ComponentResource {
    readonly instances: Unikernel[] = [];
    /** In the order of their indexes. */
    readonly members: pulumi.Output<FleetMember[]>;

    constructor(
        name: string,
        args: UnikernelFleetArgs | UnikernelFleetTemplateArgs,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super(DYNAMIC_FLEET_TOKEN, name, {}, opts);
        const { count, step, rollOut, describe } = "template" in args ? byTemplate(name, args) : byFunction(name, args);
        const members: pulumi.Output<FleetMember>[] = [];
        const contextOf = (index: number): FleetInstance => ({ name: `${name}-${index}`, opts: { parent: this } });
        const indexes = Array.from({ length: count }, (_, index) => index);
        // Each member needs to know the others, where the fleet says how it is rolled out.
        const all = rollOut && indexes.map((index) => describe(index, contextOf(index)));
        const shared = rollOut && all ? { rollOut: rollOutOfMembers(name, rollOut, all) } : {};
        for (const index of indexes) {
            const context = contextOf(index);
            const before = this.instances[index - step];
            const described = { ...(all?.[index] ?? describe(index, context)), ...shared };
            const instance = new Unikernel(context.name, described, {
                ...context.opts,
                dependsOn: before ? [before] : [],
            });
            this.instances.push(instance);
            members.push(memberOf(context.name, instance, described));
        }
        if (rollOut)
            new FleetRollOut(
                name,
                { fleet: name, replicas: count, ...rollOut },
                { parent: this, dependsOn: this.instances },
            );
        this.members = pulumi.all(members);
        // A fleet by a function registers no outputs: stacks of earlier releases have none.
        this.registerOutputs("template" in args ? { members: this.members } : {});
    }
}

interface Plan {
    count: number;
    step: number;
    rollOut?: RollOut;
    describe(index: number, context: FleetInstance): UnikernelArgs;
}

function byFunction(name: string, args: UnikernelFleetArgs): Plan {
    const step = args.maxUnavailable ?? 1;
    requireWhole("count", args.count, 0);
    requireWhole("maxUnavailable", step, 1);
    const problems: Problem[] = [];
    const { maxUnavailable, rollOut } = rollOutOf({ ...args }, args.count, outputValues, (one) => problems.push(one));
    refuse(name, problems);
    return {
        count: args.count,
        step: maxUnavailable,
        rollOut,
        describe: (index, context) => args.instance(index, context),
    };
}

function byTemplate(name: string, args: UnikernelFleetTemplateArgs): Plan {
    const { members, maxUnavailable, rollOut, problems } = expandFleet(name, { ...args }, outputValues);
    refuse(name, problems);
    return {
        count: members.length,
        step: maxUnavailable,
        rollOut,
        describe: (index, { opts }) => {
            const { unikernel, interfaces } = members[index]!;
            // The check of the guest tells what is no argument.
            const own = unikernel as unknown as UnikernelArgs;
            return { ...own, interfaces: interfaces.map((card) => new NetworkInterface(card.name, card.args, opts)) };
        },
    };
}

function refuse(name: string, problems: Problem[]): void {
    if (problems.length === 0) return;
    const lines = problems.map(({ property, reason }) => `\n  ${property}: ${reason}`);
    throw new pulumi.RunError(`UnikernelFleet ${JSON.stringify(name)}:${lines.join("")}`);
}

function requireWhole(property: string, value: number, least: number): void {
    if (!Number.isInteger(value) || value < least) {
        throw new pulumi.RunError(`UnikernelFleet ${property}: expected a whole number from ${least}, found ${value}.`);
    }
}
