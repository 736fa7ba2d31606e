import { type Context, isFleetViewer } from "../../backends";
import { firstLineOf, type MemberRollOut, type UnikernelSpec, untimed } from "../../model";
import { isUnknown } from "../handlers";
import { uuidOf } from "../identity";
import type { MemberChange } from "../rollOut";
import type { StoredInputs } from "./inputs";
import { contextOf, type UnikernelServices } from "./services";

/** Loaded for members of a fleet that says how it is rolled out. */
const rollOuts = () => require("../rollOut") as typeof import("../rollOut");

/**
 * Note a checked member.
 * @param consequence the sentence of the check
 * @param isReplaced the engine was asked to replace it, and checks it without olds
 */
export function noteMember(
    olds: Partial<StoredInputs>,
    { urn, uuid, connection, state }: Pick<UnikernelSpec, "urn" | "uuid" | "connection" | "state">,
    { rollOut, hosts, hidden }: Record<string, unknown>,
    consequence: string | undefined,
    isReplaced = false,
): void {
    if (rollOut === undefined || rollOut === null || isUnknown(rollOut)) return;
    inFleet = true;
    const hides = Array.isArray(hidden) && hidden.some((path) => String(path).startsWith("rollOut"));
    const given: MemberRollOut = { ...(rollOut as MemberRollOut), ...(hides ? { secret: true } : {}) };
    const listed: unknown[] = Array.isArray(hosts) ? hosts.map((host) => Object(host).connection) : [];
    const connections = [connection, ...given.connections, ...listed].filter(
        (one): one is string => typeof one === "string" && !isUnknown(one),
    );
    rollOuts().noteMember({
        urn,
        rollOut: given,
        uuid,
        connections: [...new Set(connections)],
        change: isReplaced ? "replace" : olds.uuid === undefined ? "create" : changeOf(consequence),
        inService: isReplaced || (olds.state === "running" && !(olds.drift ?? []).includes("unfinished")),
        runs: state === "running",
        inState: isReplaced || olds.uuid !== undefined,
    });
}

/** Some guest of this run has a roll-out. */
let inFleet = false;

export function noteDifference(urn: string): void {
    if (inFleet) rollOuts().noteDifference(urn);
}

const CHANGES: MemberChange[] = ["replace", "restart"];

/** @param consequence undefined: nothing changes */
function changeOf(consequence: string | undefined): MemberChange {
    if (consequence === undefined) return "none";
    const words = consequence.split("; ").map((part) => /^[a-z]+/.exec(part)?.[0]);
    return CHANGES.find((one) => words.includes(one)) ?? "live";
}

/**
 * Do a part of a guest's change, for a member of a fleet in its turn.
 * @param how `restarts`: it may stop the guest. `replaces`: its turn ends with the create that follows. `continues`: that create
 */
export async function inTurn<T>(
    services: UnikernelServices,
    { urn, platform, connection }: Pick<UnikernelSpec, "urn" | "platform" | "connection">,
    how: "restarts" | "live" | "replaces" | "continues",
    act: (context: Context) => Promise<T>,
): Promise<T> {
    const context = contextOf(services);
    const note = inFleet ? rollOuts().noteOf(urn) : undefined;
    if (!note) return act(context);
    const { turns, noteOf } = rollOuts();
    const backend = services.backend(platform);
    const { rollOut, index } = note;
    const ask = async (urns: string[]) => {
        const near = urns.flatMap((one) => noteOf(one)?.connections ?? []);
        const places = [...new Set([connection, ...note.connections, ...near])];
        const likely = urns.map((one) => noteOf(one)?.uuid ?? uuidOf(one));
        const found = await Promise.all(
            places.map(async (place) => {
                if (!isFleetViewer(backend)) return { members: [], unasked: [] };
                return backend.fleetMembers(place, urns, likely).then(
                    (members) => ({ members, unasked: [] }),
                    (error: unknown) => ({
                        members: [],
                        unasked: [
                            rollOut.secret && place !== connection
                                ? "a host of the fleet could not be asked"
                                : `${place} could not be asked: ${firstLineOf(error)}`,
                        ],
                    }),
                );
            }),
        );
        return { members: found.flatMap(({ members }) => members), unasked: found.flatMap(({ unasked }) => unasked) };
    };
    const member = { urn, index, rollOut, ask, log: services.log };
    try {
        // A create of a new member stops none, and its failure stops the roll-out.
        if (how === "continues" && !turns.isOpen(member)) return await act(context);
        if (how === "restarts" || how === "replaces") await untimed(() => turns.begin(member));
        const done = await act({
            ...context,
            beforeStop: (serves) => untimed(() => turns.stop(member, serves)),
            watch: async (look) => {
                const seconds = turns.watched(member);
                if (seconds === 0) return;
                services.log(`ready; watching it for ${seconds} s`);
                await untimed(() => look(seconds));
            },
        });
        if (how !== "replaces") turns.end(member, false);
        return done;
    } catch (error) {
        turns.end(member, true);
        throw error;
    }
}
