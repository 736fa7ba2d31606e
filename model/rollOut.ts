/** How a change of a fleet is rolled out. Times are seconds. */
export interface RollOut {
    /** How many members are changed first, and how long each of them is watched before another member is changed. */
    canary: { count: number; bake: number };
    /** How many members may be out of service at once. */
    maxUnavailable: number;
    /** The least time between a member that is back in service and the next stop. */
    pause: number;
    /** How long each changed member must stay ready before it counts as back in service. */
    minReady: number;
    /** How many members are in service at any time. */
    minInService?: number;
}

/** The same for a member, whose provider knows no other member before a run reaches it. */
export interface MemberRollOut extends RollOut {
    /** The fleet's logical name. */
    fleet: string;
    replicas: number;
    /** Indexes of members that are declared paused or stopped. */
    idle: number[];
    /** Connections that members name, where the other members may be. */
    connections: string[];
    /** A connection is secret, so that no message names one. */
    secret?: boolean;
}
