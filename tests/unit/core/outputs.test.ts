import type { Observation } from "../../../backends/backend";
import { differences } from "../../../core/unikernel/diff/diff";
import type { StoredOutputs } from "../../../core/unikernel/inputs";
import { outputsOf, withDrift } from "../../../core/unikernel/outputs";
import { checked, table } from "./specs";

const seen = (changes: Partial<Observation> = {}): Observation => ({
    host: checked().host!,
    state: "running",
    bootDigest: "b1",
    drift: {},
    ipAddresses: ["10.0.0.2"],
    consoleLog: "/var/log/console",
    consoleCommand: "virsh console web",
    unfinished: false,
    ...changes,
});
const boot = { cmdline: "", initrd: [], secret: false, guestConfig: "{}" };
const stored = (changes: Partial<StoredOutputs> = {}): StoredOutputs => ({
    ...outputsOf(checked(), seen(), { boot }),
    ...changes,
});

test("outputs are the inputs and what was seen", () => {
    expect(stored()).toEqual({
        ...checked(),
        ipAddresses: ["10.0.0.2"],
        consoleLog: "/var/log/console",
        consoleCommand: "virsh console web",
        guestConfig: "{}",
    });
});

test.each<[string, Partial<Observation>, string[]]>([
    ["all as it was", {}, []],
    ["a new address", { ipAddresses: ["10.0.0.3"] }, []],
    ["stopped", { state: "stopped", drift: { state: "stopped" } }, ["state"]],
    ["less memory, and so another definition", { bootDigest: undefined, drift: { memory: 32 } }, ["memory"]],
    ["started with the host", { drift: { autostart: true } }, ["autostart"]],
    ["another kernel file", { drift: { "digests.kernel": "other" } }, ["kernel"]],
    ["a kernel file that is gone", { drift: { "digests.kernel": "" } }, ["kernel"]],
    ["interfaces unplugged", { drift: { interfaces: [] } }, ["interfaces"]],
    ["an edited definition", { bootDigest: undefined }, ["definition"]],
    ["another boot than state's", { bootDigest: "b0" }, ["boot"]],
    [
        "another boot than state's, of which only a part can be read",
        { bootDigest: "b0", drift: { memory: 48 } },
        ["memory", "boot"],
    ],
    ["an update that was interrupted", { unfinished: true }, ["unfinished"]],
])("a read finds %s", (_title, changes, properties) => {
    const found = differences(withDrift(stored(), seen(changes)), checked(), table);
    expect(found.map(({ property }) => property)).toEqual(properties);
});

test("drift that is gone is forgotten", () => {
    expect(withDrift(stored({ drift: ["definition"] }), seen())).toEqual(stored());
});

test("a state that is older than its guest is brought up to date, and the guest is as declared", () => {
    const now = checked({ memory: 48, bootDigest: "b2" });
    const read = withDrift(stored(), seen({ bootDigest: "b2", drift: { memory: 48 } }));
    expect(differences(read, now, table)).toEqual([]);
    // The engine leaves these outputs as they are, since nothing differs.
    const again = withDrift(read, seen({ bootDigest: "b2" }));
    expect(differences(again, now, table)).toEqual([]);
});
