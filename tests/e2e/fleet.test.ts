import { Fleets } from "../plugin/fleets";
import type { StateResource } from "../support/engine";
import type { LibvirtHost } from "../support/libvirtHost";
import { startLibvirtHost } from "../support/libvirtHost";
import { Installation, OLD_RELEASE } from "../support/release";

jest.setTimeout(240_000);

let host: LibvirtHost;
beforeAll(async () => {
    host = await startLibvirtHost();
});
afterAll(() => host.close());

const CARD = { attach: { user: { forward: [{ guest: 80 }] } } };

test("a fleet of release 0.1.0 is the same under this one, by its function and by a template", async () => {
    const installation = await Installation.of(OLD_RELEASE);
    try {
        await Fleets.with(
            host,
            "upgrade",
            async (fleets) => {
                const args = { replicas: 2, template: { interfaces: [CARD], env: { GREETING: "hello" } } };
                await fleets.declare("function", args);
                await fleets.stack.up();
                const [before, old] = [await fleets.processes(), await fleets.stack.exportState()];
                await installation.upgrade();
                expect((await fleets.stack.up()).changes).toEqual({ same: 6 });
                const { resources } = await fleets.stack.exportState();
                const isFleet = ({ type }: { type: string }) => type.endsWith(":UnikernelFleet");
                expect(resources.find(isFleet)!.outputs).toEqual(old.resources.find(isFleet)!.outputs);
                const urnsOf = (found: StateResource[]) => found.map(({ urn }) => urn).sort();
                expect(urnsOf(resources)).toEqual(urnsOf(old.resources));
                await fleets.declare("template", args);
                expect((await fleets.stack.up()).changes).toEqual({ same: 6 });
                expect(await fleets.processes()).toEqual(before);
            },
            { modules: installation.modules },
        );
    } finally {
        await installation.remove();
    }
});
