import { createHash, randomBytes } from "node:crypto";

import type { Host } from "../../backends";
import { assertThat, type Guest, type Outcome } from "../guest";
import type { StepOutcome } from "./step";

/** A step on one guest, after which the guest runs version "one" again. */
export interface PlainStep {
    id: string;
    title: string;
    run(guest: Guest, host: Host): Promise<StepOutcome>;
}

const ONE = { word: "one" };
const SIZE = 65_536;
const NAMES: Record<string, string> = { kvm: "KVM", qemu: "emulation", xen: "Xen" };

/** In order: each builds on the ones before. */
export const plainSteps: readonly PlainStep[] = [
    {
        id: "create",
        title: "create",
        async run(guest) {
            await guest.deploy(ONE);
            await guest.expect(ONE);
            const { reservation } = guest.subject;
            const accelerator = await guest.accelerator();
            return {
                found:
                    `the guest runs under ${NAMES[accelerator] ?? accelerator}, got its secret, ` +
                    `${reservation ? `and network ${reservation.network} reserves ${reservation.address} for it` : "and has no reservation: no active libvirt network with DHCP"}`,
            };
        },
    },
    {
        id: "unchanged",
        title: "deployed again unchanged",
        async run(guest) {
            const boot = await guest.boot();
            const { changed } = whole(await guest.deploy(ONE));
            assertThat(!changed, "there was something to do");
            assertThat((await guest.boot()) === boot, "the guest was restarted");
            return { found: "nothing to do, the same boot" };
        },
    },
    {
        id: "live",
        title: "paused and resumed",
        async run(guest) {
            const boot = await guest.boot();
            await guest.deploy({ ...ONE, state: "paused" });
            await guest.expect({ ...ONE, state: "paused" });
            await guest.deploy(ONE);
            await guest.expect(ONE);
            assertThat((await guest.boot()) === boot, "the guest was restarted");
            return { found: "live, the same boot" };
        },
    },
    {
        id: "data",
        title: "stopped, written to and started",
        async run(guest) {
            await guest.deploy({ ...ONE, state: "stopped" });
            await guest.expect({ ...ONE, state: "stopped" });
            const data = randomBytes(SIZE);
            await guest.write(data, createHash("sha256").update(data).digest("hex"));
            await guest.deploy(ONE);
            await guest.expect(ONE);
            return { found: "the persist disk holds what was written" };
        },
    },
    {
        id: "update",
        title: "updated",
        async run(guest) {
            const two = { word: "two" };
            const boot = await guest.boot();
            await guest.deploy(two);
            await guest.expect(two);
            assertThat((await guest.boot()) !== boot, "the guest was not restarted");
            await guest.deploy(ONE);
            await guest.expect(ONE);
            return { found: "a restart each way, the same data" };
        },
    },
    {
        id: "rollback",
        title: "rolled back",
        async run(guest) {
            await guest.rollBack({ word: "broken" });
            await guest.expect(ONE);
            return { found: "a version that panics was refused, the one before runs with the same data" };
        },
    },
    {
        id: "ended",
        title: "ended from outside",
        async run(guest, host) {
            await host.domains.destroy(guest.subject.uuid);
            const { known, changed } = await guest.refresh();
            assertThat(known?.outputs.state === "stopped" && changed, `a refresh says ${String(known?.outputs.state)}`);
            guest.known = known;
            await guest.deploy(ONE);
            await guest.expect(ONE);
            return { found: "a refresh saw it, the next deployment started it" };
        },
    },
];

/** Return the result of a job without a fault, which must not be killed. */
export function whole(outcome: Outcome): Exclude<Outcome, "killed"> {
    assertThat(outcome !== "killed", "the worker was killed by something else than its job");
    return outcome;
}
