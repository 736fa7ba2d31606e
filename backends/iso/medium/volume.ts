import type { MediumContents, Placed } from "./contents";
import type { Loaders } from "./loader";

/**
 * Return xorriso's arguments for the image: ISO 9660 with Rock Ridge; El Torito for CDs (BIOS, and UEFI by its FAT
 * image); for sticks and disks a boot sector that finds the same BIOS loader, and a GPT with the same FAT image as its
 * EFI partition. Nothing is random: the GPT's identifiers come from the medium's id.
 * @param clock seconds since 1970
 */
export function volumeArguments(
    { id, label }: Pick<MediumContents, "id" | "label">,
    placed: Placed[],
    { bios, uefi }: Loaders,
    target: string,
    clock: number,
): string[] {
    const date = `${new Date(clock * 1000).toISOString().replace(/\D/g, "").slice(0, 14)}00`;
    return [
        // These settings take effect only when they come first.
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
        "-disk_pattern",
        "off",
        "-iso_rr_pattern",
        "off",
        "-follow",
        "on",
        "-md5",
        "off",
        "-acl",
        "off",
        "-xattr",
        "off",
        "-hardlinks",
        "off",
        "-compliance",
        "no_emul_toc",
        // BIOSes and boot loaders read ahead, and some fail beyond the end; 150 sectors, as cdrecord adds.
        "-padding",
        "included",
        "-padding",
        String(150 * 2048),
        "-boot_image",
        "any",
        "partition_cyl_align=off",
        // hashWhileWritten syncs it.
        "-stdio_sync",
        "off",
        "-outdev",
        `stdio:${target}`,
        "-volid",
        label,
        "-preparer_id",
        "pulumi-unikernel",
        "-volume_date",
        "uuid",
        date,
        "-volume_date",
        "c",
        date,
        "-volume_date",
        "m",
        date,
        "-volume_date",
        "all_file_dates",
        `=${clock}`,
        ...[...(bios?.modules ?? []), ...placed].flatMap(({ path, source }) => ["-map_single", source, path]),
        ...(bios ? ["-map_single", bios.image, BIOS, ...biosBoot(bios.bootSector)] : []),
        ...(bios && uefi ? ["-boot_image", "any", "next"] : []),
        ...(uefi ? ["-map_single", uefi, UEFI, ...uefiBoot(id)] : []),
        "-chown_r",
        "0",
        "/",
        "--",
        "-chgrp_r",
        "0",
        "/",
        "--",
        "-find",
        "/",
        "-type",
        "d",
        "-exec",
        "chmod",
        "0755",
        "--",
        "-find",
        "/",
        "-type",
        "f",
        "-exec",
        "chmod",
        "0644",
        "--",
        "-commit",
        "-end",
    ];
}

const BIOS = "/boot/grub/bios.img";
const UEFI = "/boot/grub/uefi.img";
const CATALOG = ["-boot_image", "any", "cat_path=/boot/grub/boot.cat", "-boot_image", "any", "cat_hidden=on"];

function biosBoot(bootSector: string): string[] {
    return [
        ["grub", `bin_path=${BIOS}`],
        ["any", "load_size=2048"],
        ["any", "boot_info_table=on"],
        ["grub", "grub2_boot_info=on"],
        ["grub", `grub2_mbr=${bootSector}`],
        // Some BIOSes boot a stick only if its table has an active partition.
        ["grub", "partition_table=on"],
        ["any", "mbr_force_bootable=on"],
    ]
        .flatMap((setting) => ["-boot_image", ...setting])
        .concat(CATALOG);
}

function uefiBoot(id: string): string[] {
    return [
        ["any", `efi_path=${UEFI}`],
        ["any", "efi_boot_part=--efi-boot-image"],
        ["any", `gpt_disk_guid=${id}`],
    ]
        .flatMap((setting) => ["-boot_image", ...setting])
        .concat(CATALOG);
}
