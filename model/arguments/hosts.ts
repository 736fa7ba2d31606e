import { z } from "zod";
import { hostNameOf } from "../hosts";
import { CONNECTION_PATTERN, EXPECTED_CONNECTION, NAME_PATTERN } from "./forms";

const WEIGHT = { error: "expected a number above 0, at most 1000" };

export const host = z.strictObject(
    {
        connection: z.string({ error: EXPECTED_CONNECTION }).regex(CONNECTION_PATTERN, EXPECTED_CONNECTION),
        name: z.string().regex(NAME_PATTERN, "expected 1–63 of A-Z a-z 0-9 _ . -").optional(),
        weight: z.number(WEIGHT).positive(WEIGHT).max(1000, WEIGHT).optional(),
    },
    { error: "expected { connection, name, weight }" },
);

/** Guests are placed by the names, so two hosts of one name would be one. */
export const hosts = z
    .array(host)
    .min(1, "expected at least one host")
    .check((context) => {
        const names = new Map<string, number>();
        const connections = new Map<string, number>();
        for (const [index, { connection, name }] of context.value.entries()) {
            const called = name ?? hostNameOf(connection);
            const problem = (message: string, ...path: string[]) =>
                context.issues.push({ code: "custom", message, path: [index, ...path], input: context.value });
            const [same, namesake] = [connections.get(connection), names.get(called)];
            if (same !== undefined) problem(`expected a host of its own; it is also hosts[${same}]`, "connection");
            else if (namesake !== undefined && name === undefined)
                problem(`expected a name, since without one it is called ${called}, as hosts[${namesake}]`);
            else if (namesake !== undefined)
                problem(`expected a name of its own; it is also that of hosts[${namesake}]`, "name");
            connections.set(connection, same ?? index);
            names.set(called, namesake ?? index);
        }
    });
