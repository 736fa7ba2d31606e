import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hashWhileWritten, run } from "../localFiles";
import type { Entry, Tree } from "./entry";
import { EPOCH, type Format, fixedClock } from "./format";
import { refuseImageFile } from "./magic";
import { stageTexts } from "./stage";

const LABEL = "UNIKERNEL";
// ECMA-119 8.5.4 and 8.4.26: sixteen digits, the last two are hundredths of a second.
const VOLUME_DATE = "1980010100000000";

/**
 * ISO 9660 with Rock Ridge (names up to 255 bytes, links, modes, as the BSD cd9660 and Linux isofs drivers read them),
 * including files over 4 GiB. The image is byte-identical for the same tree and xorriso version.
 */
export const iso9660: Format = {
    holds: "tree",
    check({ size, label }) {
        return [
            ...(size === undefined
                ? []
                : [
                      {
                          property: "size",
                          reason: "iso9660 is read-only: its size follows from its content; leave `size` out",
                      },
                  ]),
            ...(label === undefined || /^[A-Za-z0-9_.-]{1,32}$/.test(label)
                ? []
                : [{ property: "label", reason: "an iso9660 label has 1 to 32 characters of A-Z a-z 0-9 _ . -" }]),
        ];
    },
    checkTree: refuseImageFile,
    async build(tree, { label }, path, { staging, onProgress, timeout }) {
        const commands = join(staging, "commands");
        await writeFile(commands, await commandFile(tree, staging));
        return hashWhileWritten(
            path,
            run(
                "xorriso",
                [
                    // These settings take effect only at the beginning.
                    "-signal_handling",
                    "off",
                    "-no_rc",
                    "-abort_on",
                    "SORRY",
                    "-return_with",
                    "SORRY",
                    "32",
                    "-report_about",
                    "WARNING",
                    "-local_charset",
                    "UTF-8",
                    "-charset",
                    "UTF-8",
                    "-backslash_codes",
                    "in_double_quotes",
                    "-disk_pattern",
                    "off",
                    "-iso_rr_pattern",
                    "off",
                    "-follow",
                    "off",
                    "-md5",
                    "off",
                    "-acl",
                    "off",
                    "-xattr",
                    "off",
                    "-hardlinks",
                    "off",
                    "-padding",
                    "0",
                    "-compliance",
                    "no_emul_toc",
                    // hashWhileWritten syncs it once; xorriso would every 16 MiB, and wait each time.
                    "-stdio_sync",
                    "off",
                    "-outdev",
                    `stdio:${path}`,
                    "-volid",
                    label ?? LABEL,
                    "-preparer_id",
                    "pulumi-unikernel",
                    "-volume_date",
                    "uuid",
                    VOLUME_DATE,
                    "-volume_date",
                    "c",
                    VOLUME_DATE,
                    "-volume_date",
                    "m",
                    VOLUME_DATE,
                    "-volume_date",
                    "all_file_dates",
                    `=${EPOCH}`,
                    "-options_from_file",
                    commands,
                    "-commit",
                    "-end",
                ],
                { env: fixedClock, timeout },
            ),
            (bytes) => onProgress(Math.min(bytes, tree.bytes)),
            tree.bytes,
        );
    },
};

/**
 * Write the commands to a file, one per line, instead of passing arguments: their number is unlimited, and names may
 * have any characters.
 */
async function commandFile({ entries }: Tree, staging: string): Promise<string> {
    const texts = await stageTexts(entries, staging);
    // Of equal files only the first is read and stored: an image does not show whether they were hard links.
    const first = new Map<string, string>();
    const lines = entries.map((entry) => {
        if (entry.type === "directory") return `-mkdir ${quote(`/${entry.path}`)}`;
        if (entry.type === "symlink") return `-lns ${quote(entry.target)} ${quote(`/${entry.path}`)}`;
        const file =
            first.get(entry.sha256) ?? ("file" in entry.content ? entry.content.file : texts.get(entry.sha256)!);
        first.set(entry.sha256, file);
        return `-map_single ${quote(file)} ${quote(`/${entry.path}`)}`;
    });
    return [
        ...lines,
        "-chown_r 0 / --",
        "-chgrp_r 0 / --",
        "-find / -type d -exec chmod 0755 --",
        "-find / -type l -exec chmod 0777 --",
        "-find / -type f -exec chmod 0644 --",
        ...entries.filter(isExecutable).map(({ path }) => `-chmod 0755 ${quote(`/${path}`)} --`),
        "",
    ].join("\n");
}

function isExecutable(entry: Entry): boolean {
    return entry.type === "file" && entry.executable;
}

/** Quote for xorriso: double quotes, with backslash codes for characters that would end the line or the quotation. */
function quote(text: string): string {
    return `"${text.replace(/[\x00-\x1f\x7f"\\]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`)}"`;
}
