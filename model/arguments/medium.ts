import { z } from "zod";
import { path } from "./forms";
import type { Rows } from "./row";

/** The arguments that only a medium (platform `iso`) has. */
export const mediumRows = {
    output: {
        shape: path.optional(),
        description: "Platform iso: path of the image, relative to the program's folder. Changed: rebuild.",
        default: 'the name, and ".iso"',
        docs: {
            unit: "path, relative to the program's folder; the folder must exist",
            default: "the unikernel's name and `.iso`",
            about: "rebuild: at the new place, and the old file removed",
        },
    },
    label: {
        /** ECMA-119 8.4.7: a volume identifier has 32 characters. */
        shape: z
            .string()
            .regex(/^[A-Za-z0-9_.-]{1,32}$/, "expected 1–32 of A-Z a-z 0-9 _ . -")
            .optional(),
        description: "Platform iso: the volume's label, 1–32 of `A-Z a-z 0-9 _ . -`. Changed: rebuild.",
        default: '"UNIKERNEL"',
        docs: { unit: "1–32 of `A-Z a-z 0-9 _ . -`", default: "`UNIKERNEL`", about: "rebuild" },
        boots: "value",
    },
    console: {
        shape: z
            .array(z.enum(["serial", "vga"]))
            .min(1, "expected at least one of serial and vga")
            .refine((kinds) => new Set(kinds).size === kinds.length, "expected each console once")
            .optional(),
        description:
            "Platform iso: where boot loader and kernel show what they do: the first serial port (115200 baud, 8N1) and the screen.\nThe first one named also gets the program's own output. Changed: rebuild.",
        default: '["serial", "vga"]',
        docs: { unit: "`serial`, `vga`, or both", default: '`["serial", "vga"]`', about: "rebuild" },
        boots: "value",
    },
    burn: {
        shape: z
            .strictObject({
                device: z
                    .string()
                    .regex(/^\/[^\0]*$/, "expected the absolute path of a device, such as /dev/disk/by-id/usb-…"),
                serial: z.string().min(1, "expected the serial number of the device").optional(),
                allowFixed: z.boolean().default(false),
            })
            .optional(),
        description:
            "Platform iso: a stick or disk that the image is written to, and all that was on it lost. Changed: live.",
        default: "none",
        docs: {
            unit: "`{ device, serial, allowFixed }`",
            about: "live: the image stays, and is written to the device",
        },
    },
} satisfies Rows;
