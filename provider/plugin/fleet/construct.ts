import { type ConstructRequest, ConstructResponse } from "@pulumi/pulumi/proto/provider_pb";
import { allEnded, UnikernelError } from "../../../model";
import { type ExpandedMember, expandFleet } from "../../../model/declared";
import { Refusal } from "../server/errors";
import { FLEET_TOKEN } from "../urn";
import { RESOURCE, SIGNATURE } from "../wire/wire";
import { type Made, memberOutputs } from "./members";
import { connectMonitor, type Monitor, type Registered, structOf } from "./monitor";
import { Children, fleetRequest } from "./requests";
import { wireValues } from "./wireValues";

/**
 * Declare the resources of a fleet to the engine, and return its outputs.
 * @param own reference of the provider that this process serves
 * @throws UnikernelError `invalid`, `unsupported`
 */
export async function construct(asked: ConstructRequest, own: string | undefined): Promise<ConstructResponse> {
    if (asked.getType() !== FLEET_TOKEN)
        throw new Refusal(`this plugin has no component ${JSON.stringify(asked.getType())}`, `it has ${FLEET_TOKEN}`);
    const { members, maxUnavailable, rollOut, ofMembers, problems } = expandFleet(
        asked.getName(),
        asked.getInputs()?.toJavaScript() ?? {},
        wireValues,
    );
    if (problems.length > 0) {
        const lines = problems.map(({ property, reason }) => `${property}: ${reason}`);
        throw new UnikernelError("invalid", lines.join("\n"));
    }
    const monitor = connectMonitor(asked.getMonitorendpoint());
    try {
        const { urn } = await monitor.register(fleetRequest(asked));
        const children = new Children(asked, urn, own);
        const all = ofMembers
            ? members.map((one) => ({ ...one, unikernel: { ...one.unikernel, rollOut: ofMembers } }))
            : members;
        const made = await makeAll(all, maxUnavailable, monitor, children);
        if (rollOut) {
            const args = { fleet: asked.getName(), replicas: members.length, ...rollOut };
            const after = made.map(({ guest }) => guest.urn);
            await monitor.register(children.request("fleetRollOut", asked.getName(), args, after));
        }
        const outputs = {
            members: made.filter(({ guest }) => guest.made).map((one) => memberOutputs(one, asked.getDryrun())),
        };
        await monitor.complete(urn, outputs);
        const response = new ConstructResponse().setUrn(urn).setState(structOf(outputs));
        const guests = made.map(({ guest }) => guest.urn);
        response
            .getStatedependenciesMap()
            .set("members", new ConstructResponse.PropertyDependencies().setUrnsList(guests));
        return response;
    } finally {
        monitor.close();
    }
}

/** Make all members, each after the one `step` places before it. */
async function makeAll(members: ExpandedMember[], step: number, monitor: Monitor, children: Children): Promise<Made[]> {
    const making: Promise<Made>[] = [];
    for (const member of members) making.push(make(member, making[member.index - step], monitor, children));
    return allEnded(making);
}

async function make(
    { name, unikernel, interfaces }: ExpandedMember,
    before: Promise<Made> | undefined,
    monitor: Monitor,
    children: Children,
): Promise<Made> {
    const [made, previous] = await Promise.all([
        Promise.all(
            interfaces.map((card) => monitor.register(children.request("networkInterface", card.name, card.args))),
        ),
        before,
    ]);
    const properties = made.length > 0 ? { ...unikernel, interfaces: made.map(referenceTo) } : unikernel;
    const after = previous ? [previous.guest.urn] : [];
    const guest = await monitor.register(children.request("unikernel", name, properties, after));
    return { name, guest, interfaces: made };
}

function referenceTo({ urn, id }: Registered): object {
    return { [SIGNATURE]: RESOURCE, urn, id, packageVersion: "" };
}
