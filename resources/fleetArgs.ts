import type * as pulumi from "@pulumi/pulumi";
import type { NetworkInterfaceArgs } from "./networkInterface";
import type { UnikernelArgs } from "./unikernelArgs";

/** What the function that describes an instance may use. */
export interface FleetInstance {
    /** Logical name of the instance: the fleet's name, `-`, and its index. */
    name: string;
    /** For resources that belong to the instance, such as its NetworkInterface: they become children of the fleet. */
    opts: pulumi.CustomResourceOptions;
}

/** A fleet by a function. */
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
 * The arguments of each member. In their texts `${index}` is the member's index and `${name}` its logical name; before a
 * brace, `$$` stands for `$`.
 */
export interface FleetTemplateArgs extends Omit<UnikernelArgs, "interfaces"> {
    /** Network cards, in the guest's order: arguments, of which the fleet makes a NetworkInterface for each member. @default [] */
    interfaces?: NetworkInterfaceArgs[];
}

/** Arguments of one member in place of the template's. Variables of `env` are added to the template's. */
export type FleetOverrideArgs = Partial<FleetTemplateArgs>;

/** Host ports of forwards that have none of their own. */
export interface FleetPortsArgs {
    /** The host port of the first member's first such forward; the others follow, the same number for each member. */
    from: number;
}

/** A fleet by a template. */
export interface UnikernelFleetTemplateArgs {
    /** How many members: a whole number from 0 to 1000. Changed: members are added or removed at the highest indexes. */
    replicas: number;
    /** What each member is. */
    template: FleetTemplateArgs;
    /**
     * What single members have in place of the template's, by index.
     * @default none
     * @example { "3": { memory: 128 } }
     */
    members?: Record<string, FleetOverrideArgs>;
    /** Numbers the forwards of the template that have no `host`. @default such a forward has a port that follows from its URN */
    ports?: FleetPortsArgs;
    /**
     * How many members may be down at once while a change is rolled out. A member that does not come up stops the
     * roll-out, so give the template a `readiness`. The first `up` raises this many at a time, too.
     * @default 1
     */
    maxUnavailable?: number;
}
