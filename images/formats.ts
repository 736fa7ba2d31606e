import type { ImageFormat } from "../model";
import { ext2, ext4 } from "./ext";
import type { Format } from "./format";
import { iso9660 } from "./iso9660";
import { qcow2 } from "./qcow2";
import { raw } from "./raw";

/** All formats that can be built. */
export const formats: Record<ImageFormat, Format> = { iso9660, ext2, ext4, raw, qcow2 };

/** The usual file extension of each format. */
export const endings: Record<ImageFormat, string> = {
    iso9660: "iso",
    ext2: "ext2",
    ext4: "ext4",
    raw: "raw",
    qcow2: "qcow2",
};
