import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { SCHEMA_VERSION } from "../../model";
import { rollOutShape } from "../../model/arguments";
import { parseArguments } from "../arguments";
import type { Handlers } from "../handlers";
import { uuidOf } from "../identity";
import { refuseNewerState } from "../state";
import { forecast, type Planned } from "./line";
import { notesOf } from "./notes";
import { fleetKey } from "./urns";

/** What the fleet sends. */
const shape = { ...rollOutShape, resourceUrn: z.string() };

type Properties = Record<string, unknown>;

/**
 * Return the lifecycle of a fleet's roll-out: a resource that makes nothing. The fleet declares it after its members, so that its
 * check knows what this run does to each of them.
 */
export function fleetRollOutHandlers(): Handlers {
    return {
        async check(olds, news) {
            refuseNewerState(olds);
            const { values, problems } = parseArguments(shape, news);
            const { resourceUrn, ...args } = values as Properties & Omit<Planned, "former" | "notes">;
            if (problems.length > 0) return { inputs: values, failures: problems };
            const notes = notesOf(fleetKey(String(resourceUrn), args.fleet));
            const former = typeof olds.replicas === "number" ? olds.replicas : 0;
            const { line, problem } = forecast({ ...args, former, notes });
            const failures = problem === undefined ? [] : [{ property: "minInService", reason: problem }];
            const inputs = { schemaVersion: SCHEMA_VERSION, urn: String(resourceUrn), ...args };
            const { round = 0, consequence: _, ...before } = olds;
            // Without a change, state stays as it is: the line is that of the last one.
            if (line === "" && isDeepStrictEqual(before, inputs)) return { inputs: olds, failures };
            return { inputs: { ...inputs, round: Number(round) + 1, consequence: line }, failures };
        },
        async diff(_id, olds, news) {
            refuseNewerState(olds);
            return { changes: !isDeepStrictEqual(olds, news), replaces: [], deleteBeforeReplace: true };
        },
        create: async (inputs) => ({ id: uuidOf(String(inputs.urn)), outs: inputs }),
        async read(id, props) {
            refuseNewerState(props);
            return { id, props, inputs: props };
        },
        update: async (_id, _olds, news) => ({ outs: news }),
        delete: async (_id, props) => refuseNewerState(props),
    };
}
