import type { GuestPlan } from "../../../model";
import type { Context } from "../../backend";
import type { Host } from "../host";
import type { LibvirtPlatform } from "../platform";

/** The inputs of every step of a create or an update. */
export interface Run {
    host: Host;
    platform: LibvirtPlatform;
    plan: GuestPlan;
    context: Context;
}
