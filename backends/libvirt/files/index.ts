import { accessSync, constants, existsSync } from "node:fs";
import { dirname } from "node:path";

import { isRemote, isSession, type Timeouts } from "../client";
import type { HostFiles } from "../host";
import { guestsFolder } from "./guestsFolder";
import { LocalFiles } from "./local";
import { RemoteFiles, sshFilesOf } from "./ssh";
import { VolumeFiles } from "./volumes";

export { configuredFolder, guestsFolder } from "./guestsFolder";
export { LocalFiles } from "./local";
export { shareableSource } from "./shared";
export { closeSsh, type SshShell, sshChannelsOf, sshShellOf } from "./ssh";
export { describeWriter, isAbandoned, isThisProcess, thisProcess } from "./unfinished";
export { VolumeFiles } from "./volumes";

/**
 * Return the access to the guests' folders of a connection: the file system where this process may write there, ssh
 * where libvirt is reached by ssh, otherwise libvirt's storage volumes.
 */
export function filesOf(uri: string, timeouts?: Partial<Timeouts>): HostFiles {
    return sshFilesOf(uri, timeouts) ?? filesBelow(guestsFolder(uri), uri, timeouts);
}

/** Return the access to guests' folders below another base than the configured one; not over ssh. */
export function filesBelow(base: string, uri: string, timeouts?: Partial<Timeouts>): HostFiles {
    if (isRemote(uri)) return new VolumeFiles(uri, base, timeouts);
    // Root needs nothing from libvirt, so a delete that is cancelled after the domain's removal still removes its
    // files.
    if (isSession(uri) || process.getuid?.() === 0) return new LocalFiles(base);
    const volumes = new VolumeFiles(uri, base, timeouts);
    return writable(base) ? new LocalFiles(base, volumes.asDaemon()) : volumes;
}

/** Return whether guests' files are accessed as libvirt's storage volumes. Asks the host where that decides it. */
export async function goByVolumes(files: HostFiles): Promise<boolean> {
    return files instanceof RemoteFiles ? files.byLibvirt() : files instanceof VolumeFiles;
}

/** Return whether a folder, or the folder in which it would be created, is writable. */
function writable(folder: string): boolean {
    if (!existsSync(folder)) return folder !== dirname(folder) && writable(dirname(folder));
    try {
        accessSync(folder, constants.W_OK | constants.X_OK);
        return true;
    } catch {
        return false;
    }
}
