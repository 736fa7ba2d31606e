import type * as pulumi from "@pulumi/pulumi";
import type { RollOut } from "../model/declared";
import { HandledResource } from "../provider";

/** What a change means for a fleet: the line that a preview shows. The fleet makes it after its members; it makes nothing. */
export class FleetRollOut extends HandledResource {
    constructor(name: string, args: RollOut & { fleet: string; replicas: number }, opts: pulumi.CustomResourceOptions) {
        super("fleetRollOut", name, { consequence: undefined, ...args }, opts);
    }
}
