import { shellWord } from "../../../model";
import type { Finding } from "../finding";

/** A folder on the path to the boot files. `searchable`: its mode or ACL lets the QEMU user through. */
export interface Step {
    path: string;
    searchable: boolean;
}

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
}

const MIB = 2 ** 20;

export function judgeFolder(facts: FolderFacts): Finding[] {
    return [judgeSearch(facts), judgeSpace(facts)];
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
