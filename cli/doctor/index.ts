import { closeHosts, defaultConnection } from "../../core";
import { type HostFacts, inspectDom0, inspectHost, type XenFacts } from "../../core/commands";
import { runChecks } from "./check";
import { checksFor } from "./checks";
import { type Result, wouldWork } from "./finding";
import { thisMachine } from "./probe/machine";
import { renderJson, renderResult, renderSummary } from "./render";

export type { Finding, Result, Status } from "./finding";

export interface DoctorOptions {
    /** libvirt URI. @default that of a Unikernel on KVM: `qemu:///system` for root, else `qemu:///session` */
    connection?: string;
    /** Print one JSON document at the end instead of lines as they come. @default false */
    json?: boolean;
    /** The program's folder. @default the working folder */
    folder?: string;
    print?(text: string): void;
}

/**
 * Check everything that `pulumi up` needs and report how to fix what is missing. Changes nothing except that it runs
 * one probe guest for each accelerator, which is gone when this returns.
 *
 * @returns whether `pulumi up` would work
 */
export async function doctor({
    connection = defaultConnection(),
    json = false,
    folder = process.cwd(),
    print = console.log,
}: DoctorOptions = {}): Promise<boolean> {
    let host: Promise<HostFacts> | undefined;
    let dom0: Promise<XenFacts | undefined> | undefined;
    const scene = {
        machine: thisMachine(),
        connection,
        folder,
        host: () => (host ??= inspectHost(connection)),
        dom0: () => (dom0 ??= inspectDom0(connection)),
    };
    try {
        const show = (result: Result) => print(renderResult(result));
        const results = await runChecks(checksFor(connection), scene, json ? undefined : show);
        print(json ? renderJson(connection, results) : `\n${renderSummary(results)}`);
        return wouldWork(results);
    } finally {
        await closeHosts();
    }
}
