import type * as pulumi from "@pulumi/pulumi";
import type { NetworkInterfaceArgs } from "./networkInterface";
import type { HostArgs, UnikernelArgs } from "./unikernelArgs";

/** What the function that describes an instance may use. */
export interface FleetInstance {
    /** Logical name of the instance: the fleet's name, `-`, and its index. */
    name: string;
    /** For resources that belong to the instance, such as its NetworkInterface: they become children of the fleet. */
    opts: pulumi.CustomResourceOptions;
}

/** The members that are changed first. */
export interface FleetCanaryArgs {
    /** How many: a whole number from 1. The others wait for them. @default 1 */
    count?: number;
    /** Seconds for which each of them must stay ready; one that does not goes back to what it was. @default 0 */
    bake?: number;
}

/** How a change is rolled out. */
export interface FleetStrategyArgs {
    /** Members that are changed before all others. @default none */
    canary?: FleetCanaryArgs;
    /** How many members may be out of service at once: a whole number from 1. @default 1 */
    maxUnavailable?: number;
    /** Seconds between a member that is back in service and the stop of the next. @default 0 */
    pause?: number;
    /** Seconds for which a changed member must stay ready before it counts as back in service. @default 0 */
    minReady?: number;
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
    /**
     * How a change is rolled out. Before each stop, the hosts are asked for the other members, and without a reserve the member is
     * left as it is. `maxUnavailable` is written here or beside it.
     * @default one after the other
     */
    strategy?: FleetStrategyArgs;
    /**
     * How many members are in service at any time of a roll-out. A preview fails where the strategy does not guarantee so many.
     * @default what `maxUnavailable` leaves
     */
    minInService?: number;
}

/**
 * The arguments of each member. In their texts `${index}` is the member's index, `${name}` its logical name, and `${host}` the name
 * of its host in a fleet with `hosts`; before a brace, `$$` stands for `$`.
 */
export interface FleetTemplateArgs extends Omit<UnikernelArgs, "interfaces" | "hosts"> {
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
    /**
     * Hosts of the members, of which each takes its own when it is first made, and stays there. A member whose override has a
     * `connection` is on that one. Changed: nothing that runs is moved.
     * @default none: the template's `connection`
     */
    hosts?: HostArgs[];
    /** Numbers the forwards of the template that have no `host`. @default such a forward has a port that follows from its URN */
    ports?: FleetPortsArgs;
    /**
     * How many members may be down at once while a change is rolled out. A member that does not come up stops the
     * roll-out, so give the template a `readiness`. The first `up` raises this many at a time, too.
     * @default 1
     */
    maxUnavailable?: number;
    /**
     * How a change is rolled out. Before each stop, the hosts are asked for the other members, and without a reserve the member is
     * left as it is. `maxUnavailable` is written here or beside it.
     * @default one after the other
     */
    strategy?: FleetStrategyArgs;
    /**
     * How many members are in service at any time of a roll-out. A preview fails where the strategy does not guarantee so many.
     * @default what `maxUnavailable` leaves
     */
    minInService?: number;
}
