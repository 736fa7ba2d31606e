import { z } from "zod";
import { port, whole } from "./forms";

const ONE_STATUS = "expected an HTTP status from 200 to 599";
const status = z.int({ error: ONE_STATUS }).min(200, ONE_STATUS).max(599, ONE_STATUS);
const pattern = z.string().min(1, "expected a regular expression").refine(isPattern, "is not a regular expression");

/** The condition under which a guest counts as ready. */
export const readiness = z
    .strictObject({
        http: z
            .strictObject({
                port,
                path: z
                    .string()
                    .regex(/^\/[^\s]*$/, "expected a path that begins with a slash")
                    .default("/"),
                status: z
                    .union([status, z.array(status).min(1, ONE_STATUS)], {
                        error: "expected an HTTP status from 200 to 599, or a list of them",
                    })
                    .optional(),
                body: pattern.optional(),
                host: z
                    .string()
                    .regex(
                        /^[A-Za-z0-9._:[\]-]{1,260}$/,
                        "expected the name of a host, with :PORT where that is not 80",
                    )
                    .optional(),
            })
            .optional(),
        tcp: z.strictObject({ port }).optional(),
        console: pattern.optional(),
        timeout: whole("seconds", 1, 3600).default(60),
        minReady: whole("seconds", 1, 3599).optional(),
    })
    .refine(
        ({ http, tcp, console: printed }) => [http, tcp, printed].filter((kind) => kind !== undefined).length === 1,
        "expected exactly one of http, tcp and console",
    )
    .refine(({ minReady = 0, timeout }) => minReady < timeout, {
        error: "expected fewer seconds than timeout, which includes them",
        path: ["minReady"],
    });

function isPattern(text: string): boolean {
    try {
        return Boolean(new RegExp(text));
    } catch {
        return false;
    }
}
