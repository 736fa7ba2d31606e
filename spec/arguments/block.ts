import { z } from "zod";
import { path } from "./forms";

/** A disk, as its own arguments and a BlockImage's give it. */
export const block = z
    .strictObject({
        /** Of a BlockImage its logical name, where the program gives none. */
        name: z
            .string()
            .min(1, "expected a name")
            .max(200, "expected at most 200 characters")
            .regex(/^[^\0-\x1f\x7f]*$/, "expected a name without control characters")
            .optional(),
        // A BlockImage arrives as these; a person writes `image` or `path`.
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
        // `pulumi up --continue-on-error` asks on after a failure, without what the failed resource would have given.
        error: ({ input }) =>
            Object(input).name && !Object(input).path
                ? "its data image was not built"
                : "expected exactly one of image and path",
    });
