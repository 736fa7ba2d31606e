import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBackends, type Host } from "../../../backends";
import { MemoryHost } from "../../../bench/memoryHost";
import { recording, type Watcher, watch } from "../../support/faults";
import { refOf, testContext, testPlan } from "../../support/plans";
import { makeElf } from "../guests/elfFixture";

const folder = mkdtempSync(join(tmpdir(), "pulumi-unikernel-killed-delete-"));
afterAll(() => rmSync(folder, { recursive: true }));

const URI = "qemu:///system?killed-delete";

async function guest() {
    const kernel = join(folder, "kernel.elf");
    writeFileSync(kernel, makeElf({ bits: 32, multiboot: true }));
    return testPlan({ connection: URI, name: "web", kernel, readiness: undefined, shutdownTimeout: 0 });
}

/** A host with the guest, as its create leaves it. */
async function made(): Promise<MemoryHost> {
    const host = new MemoryHost(URI);
    await createBackends(async () => host).kvm!.create(await guest(), testContext());
    return host;
}

async function remove(host: Host): Promise<void> {
    const plan = await guest();
    await createBackends(async () => host).kvm!.delete(refOf(plan), plan.spec, testContext());
}

/** Delete the guest, and stop at a change for ever, as a process that is killed. */
async function removeUntil(host: Host, change: number): Promise<void> {
    let count = 0;
    await new Promise<void>((reached, reject) => {
        const stops: Watcher = (_name, call) => {
            if (count++ < change) return call();
            reached();
            return new Promise(() => undefined);
        };
        remove(watch(host, stops)).then(() => reject(new Error(`there is no change ${change}`)), reject);
    });
}

test("a delete that was killed anywhere leaves a guest that a refresh finds, or nothing", async () => {
    const changes: string[] = [];
    await remove(recording(await made(), changes));
    expect(changes).toContain("domains.undefine");
    const plan = await guest();
    for (const [change, name] of changes.entries()) {
        const host = await made();
        await removeUntil(host, change);
        const found = await createBackends(async () => host).kvm!.observe(refOf(plan), plan.spec);
        const files = found ? [] : await host.files.guests();
        expect({ before: name, files }).toEqual({ before: name, files: [] });
    }
});
