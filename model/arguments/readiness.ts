import { z } from "zod";
import { port, whole } from "./forms";

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
            })
            .optional(),
        tcp: z.strictObject({ port }).optional(),
        console: z
            .string()
            .min(1, "expected a regular expression")
            .refine(isPattern, "is not a regular expression")
            .optional(),
        timeout: whole("seconds", 1, 3600).default(60),
    })
    .refine(
        ({ http, tcp, console: pattern }) => [http, tcp, pattern].filter((kind) => kind !== undefined).length === 1,
        "expected exactly one of http, tcp and console",
    );

function isPattern(text: string): boolean {
    try {
        return Boolean(new RegExp(text));
    } catch {
        return false;
    }
}
