import type { GuestPlan } from "../../../spec";
import type { Context } from "../../backend";
import type { Host } from "../host";
import type { LibvirtPlatform } from "../platform";

/** What every step of a create or an update needs. */
export interface Run {
    host: Host;
    platform: LibvirtPlatform;
    plan: GuestPlan;
    context: Context;
}
