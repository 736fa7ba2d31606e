import type { Host } from "../backends";
import type { Dom0 } from "../backends/inspection";

/** Calls that change something; a run can be killed at each. */
const CHANGES = [
    "domains.define",
    "domains.start",
    "domains.resume",
    "domains.resumeMarked",
    "domains.suspend",
    "domains.shutdown",
    "domains.destroy",
    "domains.undefine",
    "domains.removeSaved",
    "domains.setAutostart",
    "domains.setMemory",
    "domains.setMetadata",
    "domains.updateDevice",
    "domains.setOnCrash",
    "networks.updateReservation",
    "networks.updateRecord",
    "networks.define",
    "networks.create",
    "networks.start",
    "networks.destroy",
    "networks.undefine",
    "networks.setAutostart",
    "networks.update",
    "files.put",
    "files.putNew",
    "files.copy",
    "files.rename",
    "files.remove",
    "files.share",
    "files.removeFolder",
    "files.batch.removeAll",
    "files.batch.removeGuard",
    "files.batch.putInEmpty",
    "files.batch.putGuarded",
    "files.batch.renameGuarded",
    "files.batch.removeAllUnless",
    "dom0.xenstore",
    "dom0.rename",
    "dom0.remove",
    "dom0.run",
];
/** Calls that change nothing. */
const READS = [
    "info",
    "resources",
    "domainCapabilities",
    "domains.get",
    "domains.getTogether",
    "domains.definition",
    "domains.byName",
    "domains.list",
    "domains.state",
    "domains.processorTime",
    "domains.history",
    "domains.readConsole",
    "domains.watch",
    "networks.get",
    "networks.list",
    "networks.leases",
    "networks.details",
    "files.path",
    "files.list",
    "files.strange",
    "files.guests",
    "files.read",
    "files.digest",
    "files.size",
    "files.owner",
    "files.batch.listAll",
    "dom0.tail",
    "dom0.tailUnless",
    "channels",
];

/** The point at which a run is killed: before, during or after its nth change, counted from 0. */
export interface Fault {
    change: number;
    when: "before" | "during" | "after";
}

/** Called for each change. A call in neither list is an error, so that no call is forgotten. */
export type Watcher = (name: string, call: () => Promise<unknown>, args: unknown[]) => Promise<unknown>;

export function watch(host: Host, watcher: Watcher): Host {
    return watched(host, "", watcher);
}

/** Watch the calls in dom0, which Xen needs in addition to libvirt. */
export function watchDom0(dom0: Dom0, watcher: Watcher): Dom0 {
    return watched(dom0, "dom0.", watcher);
}

function watched<T extends object>(watchee: T, prefix: string, watcher: Watcher): T {
    const wrap = <T extends object>(target: T, path: string): T =>
        new Proxy(target, {
            get(object, key, receiver) {
                const value: unknown = Reflect.get(object, key, receiver);
                const name = `${path}${String(key)}`;
                if (typeof value === "object" && value !== null) return wrap(value, `${name}.`);
                // Not a call: it returns the same files interface for another folder.
                if (name === "filesBelow" && typeof value === "function")
                    return (base: string) => wrap(Reflect.apply(value, object, [base]) as Host["files"], "files.");
                if (typeof value !== "function" || READS.includes(name))
                    return typeof value === "function" ? (value.bind(object) as unknown) : value;
                if (!CHANGES.includes(name))
                    throw new Error(`fault tests do not know the call ${name}: add it to a list in selftest/watch.ts`);
                return (...args: unknown[]) =>
                    watcher(name, () => Reflect.apply(value, object, args) as Promise<unknown>, args);
            },
        });
    return wrap(watchee, prefix);
}

/** Record every change, in the order of their starts. */
export function recorder(changes: string[]): Watcher {
    return (name, call) => {
        changes.push(name);
        return call();
    };
}

export function recording(host: Host, changes: string[]): Host {
    return watch(host, recorder(changes));
}

/** Kill this process at one change. */
export function killer(fault: Fault): Watcher {
    let count = 0;
    return async (_name, call) => {
        const here = count++ === fault.change;
        if (here && fault.when === "before") return die();
        const running = call();
        if (here && fault.when === "during") {
            running.catch(() => undefined);
            // Long enough for the call to reach the host, too short for the host to complete it.
            return new Promise(() => setTimeout(die, 4));
        }
        const result = await running;
        return here ? die() : result;
    };
}

function die(): Promise<never> {
    process.kill(process.pid, "SIGKILL");
    // The signal arrives soon, but possibly after this line.
    return new Promise(() => undefined);
}
