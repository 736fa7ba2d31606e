import { syncFolder } from "../../../localFiles";

interface Group {
    running: number;
    /** Some work of the group has added a name to the folder. */
    added: boolean;
    synced: Promise<void>;
    end(sync: Promise<void>): void;
}

/**
 * Syncs a folder once for several files that are written into it at the same time. The sync keeps the new names through
 * a power cut: libvirt's definition, which is synced too, must not name files that are gone.
 */
export class FolderSync {
    private readonly groups = new Map<string, Group>();

    /**
     * Run work that may add a name to a folder. Resolves when that name is on disk.
     * @param work returns whether it added one
     */
    async run(folder: string, work: () => Promise<boolean>): Promise<boolean> {
        const group = this.groupOf(folder);
        let added = false;
        group.running++;
        try {
            added = await work();
            group.added ||= added;
        } finally {
            if (--group.running === 0) {
                this.groups.delete(folder);
                group.end(group.added ? syncFolder(folder) : Promise.resolve());
            }
        }
        if (added) await group.synced;
        return added;
    }

    private groupOf(folder: string): Group {
        const running = this.groups.get(folder);
        if (running) return running;
        let end!: Group["end"];
        const synced = new Promise<void>((resolve) => (end = resolve));
        const group = { running: 0, added: false, synced, end };
        this.groups.set(folder, group);
        return group;
    }
}
