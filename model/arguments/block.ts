import { z } from "zod";
import { notMadeReason } from "../notMade";
import { path } from "./forms";

/** The shape of a disk: a program's own arguments, together with those that a BlockImage fills in. */
export const block = z
    .strictObject({
        /** Defaults to the BlockImage's logical name. */
        name: z
            .string()
            .min(1, "expected a name")
            .max(200, "expected at most 200 characters")
            .regex(/^[^\0-\x1f\x7f]*$/, "expected a name without control characters")
            .optional(),
        // A BlockImage fills in the next six; a program writes `image` or `path`.
        image: z.string().optional(),
        formerly: z.array(z.string()).optional(),
        digest: z.string().optional(),
        output: z.string().optional(),
        secret: z.literal(true).optional(),
        format: z.enum(["iso9660", "ext2", "ext4", "raw", "qcow2"]).optional(),
        path: path.optional(),
        mount: z
            .string()
            .regex(/^\/[^\0]*$/, "expected an absolute path inside the guest")
            .optional(),
        access: z.enum(["read", "scratch", "persist"]).default("read"),
        reseed: z
            .string()
            .min(1, "expected a text, such as a date")
            .max(200, "expected at most 200 characters")
            .optional(),
    })
    .refine(({ digest, path: file }) => (digest === undefined) !== (file === undefined), {
        // With `--continue-on-error` the engine calls check after a failure, without the outputs of the failed
        // resource.
        error: ({ input }) =>
            Object(input).name && !Object(input).path
                ? notMadeReason("data image", String(Object(input).image ?? Object(input).name))
                : "expected exactly one of image and path",
    });
