import { shellWord } from "../../../model";
import type { Finding } from "../finding";

/** A folder on the path to the boot files. `searchable`: its mode or ACL lets the QEMU user through. */
export interface Step {
    path: string;
    searchable: boolean;
}

/** How guests' files of one content share their blocks: as hard links, by the file system's reflinks, or not at all. */
export type Sharing = "link" | "reflink" | "copy";

export interface FolderFacts {
    folder: string;
    /** The user that QEMU runs as. */
    user: { name: string; uid: number };
    /** From / down to the folder, or to the deepest part of it that exists. */
    steps: Step[];
    /** This user may write to it (or create it). */
    writable: boolean;
    /** Write access is not needed: libvirt writes the files, as storage volumes. */
    volumes: boolean;
    /** setfacl is on PATH. */
    acl: boolean;
    root: boolean;
    /** Bytes free for this user. */
    free: number;
    /** undefined where it could not be tried. */
    sharing?: Sharing;
}

const MIB = 2 ** 20;

export function judgeFolder(facts: FolderFacts): Finding[] {
    return [judgeSearch(facts), judgeSpace(facts), ...judgeSharing(facts)];
}

function judgeSharing({ folder, volumes, sharing }: FolderFacts): Finding[] {
    if (volumes)
        return [
            { status: "ok", found: "each guest has copies of its kernel and images: storage volumes cannot be links" },
        ];
    if (sharing !== "copy") return [];
    return [
        {
            status: "warn",
            found: `${folder}: its file system has neither hard links nor reflinks, so each guest has copies of its kernel and images`,
            note: "Put the folder on a file system that has them, such as ext4, XFS or Btrfs.",
        },
    ];
}

function judgeSearch({ folder, user, steps, writable, volumes, acl, root }: FolderFacts): Finding {
    const closed = steps.filter((step) => !step.searchable).map((step) => step.path);
    const sudo = root ? "" : "sudo ";
    if (closed.length > 0) {
        const found = `${folder}: the user that QEMU runs as (${user.name}) may not pass ${closed.join(", ")}`;
        const paths = closed.map(shellWord).join(" ");
        // Prefer the narrow fix: an entry for that user alone, not for all users.
        return {
            status: "fail",
            found,
            fix: acl ? `${sudo}setfacl -m u:${user.name}:x ${paths}` : `${sudo}chmod o+x ${paths}`,
        };
    }
    if (volumes) return { status: "ok", found: `${folder}: libvirt writes there for us, and ${user.name} can read it` };
    if (!writable) {
        const fix = `sudo install -d -m 0711 -o ${root ? "root" : "$USER"} ${shellWord(folder)}`;
        return { status: "fail", found: `${folder} cannot be written`, fix };
    }
    return { status: "ok", found: `${folder} can be written by us and read by ${user.name}` };
}

function judgeSpace({ folder, free }: FolderFacts): Finding {
    const found = `${Math.floor(free / MIB)} MiB free for ${folder}`;
    if (free < 64 * MIB) return { status: "fail", found, note: "Kernels and images are copied there: make room." };
    return { status: free < 1024 * MIB ? "warn" : "ok", found };
}
