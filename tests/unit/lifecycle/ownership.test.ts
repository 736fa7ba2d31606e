import {
    assertOurs,
    type Claim,
    disown,
    generationOf,
    isSameGeneration,
} from "../../../backends/libvirt/lifecycle/ownership/ownership";
import type { Mark } from "../../../backends/libvirt/model";

const uuid = "11111111-1111-5111-8111-111111111111";
const urn = "urn:pulumi:dev::p::t::web";
const alice = { user: "alice", machine: "a", project: "1" };
const bob = { user: "bob", machine: "b", project: "2" };
const mark = (changes: Partial<Mark> = {}): Mark => ({
    schemaVersion: 1,
    urn,
    creator: alice,
    bootDigest: "d",
    phase: "ready",
    since: "",
    ...changes,
});
const claim = (changes: Partial<Claim> = {}): Claim => ({
    urns: [urn],
    creator: bob,
    adopt: false,
    inState: false,
    ...changes,
});
const now = Date.parse("2026-01-01T12:00:00Z");
const before = "2026-01-01T11:00:00Z",
    after = "2026-01-01T13:00:00Z";

test.each<[string, Mark | undefined, Claim, RegExp | undefined]>([
    [
        "the same creator, an interrupted create of which there is a note",
        mark({ creator: bob }),
        claim({ interrupted: true }),
        undefined,
    ],
    [
        "the same creator, without a note: it may be a renamed stack's",
        mark({ creator: bob }),
        claim(),
        /not in this stack's state\n.*renamed/,
    ],
    ["the same creator, adopted", mark({ creator: bob }), claim({ adopt: true }), undefined],
    [
        "the same creator's, half made: release 0.1.0 left no note of it",
        mark({ creator: bob, phase: "creating", deadline: after }),
        claim(),
        undefined,
    ],
    [
        "the same creator's, an update that was cut: it was whole before",
        mark({ creator: bob, phase: "updating", deadline: before }),
        claim(),
        /not in this stack's state/,
    ],
    ["another creator, with a note", mark(), claim({ interrupted: true }), /made by alice@a/],
    ["another creator", mark(), claim(), /made by alice@a.*\n.*adopt: true/],
    ["the same person on another machine", mark({ creator: { ...bob, machine: "x" } }), claim(), /made by bob@x/],
    [
        "the same person from another project folder",
        mark({ creator: { ...bob, project: "x" } }),
        claim(),
        /made by bob@b/,
    ],
    ["another creator, adopted", mark(), claim({ adopt: true }), undefined],
    ["another creator's, half made, abandoned", mark({ phase: "creating", deadline: before }), claim(), undefined],
    [
        "another creator's, half made, on its way",
        mark({ phase: "creating", deadline: after }),
        claim(),
        /made by alice@a/,
    ],
    ["another creator's, half made, no deadline", mark({ phase: "creating" }), claim(), /made by alice@a/],
    [
        "another creator's, an update that was abandoned",
        mark({ phase: "updating", deadline: before }),
        claim(),
        /made by alice@a/,
    ],
    ["another creator, but in our state", mark(), claim({ inState: true }), undefined],
    [
        "in our state, taken from us by adopt",
        mark({ creator: alice, disowned: [bob] }),
        claim({ inState: true }),
        /taken over by alice@a/,
    ],
    [
        "taken from us, and taken back",
        mark({ creator: alice, disowned: [bob] }),
        claim({ inState: true, adopt: true }),
        undefined,
    ],
    ["another URN", mark({ urn: "urn:other" }), claim(), /belongs to urn:other/],
    ["another URN, adopted", mark({ urn: "urn:other" }), claim({ adopt: true }), /belongs to urn:other/],
    [
        "a URN that state knows",
        mark({ urn: "urn:other" }),
        claim({ urns: [urn, "urn:other"], inState: true }),
        undefined,
    ],
    ["no mark", undefined, claim(), /does not carry the mark/],
    ["no mark, in our state", undefined, claim({ inState: true }), /does not carry the mark/],
    ["no mark, adopted", undefined, claim({ adopt: true }), undefined],
])("%s", (_name, found, who, refusal) => {
    const decide = () => assertOurs({ name: "web", uuid, mark: found }, who, now);
    if (refusal === undefined) expect(decide).not.toThrow();
    else
        expect(decide).toThrow(
            expect.objectContaining({ code: "not-ours", message: expect.stringMatching(refusal) as string }),
        );
});

test.each<[string, Mark | undefined, Pick<Claim, "creator" | "inState">, unknown[]]>([
    ["a new guest", undefined, { creator: bob, inState: false }, []],
    ["our own", mark({ creator: bob }), { creator: bob, inState: false }, []],
    ["adopted from another", mark(), { creator: bob, inState: false }, [alice]],
    ["one of a team updates", mark(), { creator: bob, inState: true }, []],
    ["taken back by who lost it", mark({ disowned: [bob] }), { creator: bob, inState: false }, [alice]],
])("who no longer owns: %s", (_name, found, who, expected) => {
    expect(disown(found, who)).toEqual(expected);
});

test("a guest that a create finds there is another one for whoever deletes; an update leaves it what it was", () => {
    const [first, second] = [generationOf(mark(), claim()), generationOf(mark({ incarnation: "0badcafe" }), claim())];
    for (const one of [first, second]) expect(one).toMatch(/^[0-9a-f]{8}$/);
    expect(first).not.toBe(second);
    expect(generationOf(undefined, claim())).toBeUndefined();
    expect(generationOf(mark({ incarnation: "0badcafe" }), claim({ inState: true }))).toBe("0badcafe");
    expect(generationOf(mark(), claim({ inState: true }))).toBeUndefined();
});

test.each<[string, Mark | undefined, string | undefined, boolean]>([
    ["nothing on the host", undefined, "0badcafe", true],
    ["never taken over", mark(), undefined, true],
    ["its mark written by a release before", mark(), "0badcafe", true],
    ["taken over, and state knows", mark({ incarnation: "0badcafe" }), "0badcafe", true],
    ["taken over since", mark({ incarnation: "0badcafe" }), undefined, false],
    ["taken over twice since", mark({ incarnation: "0badcafe" }), "deadbeef", false],
])("who is meant by a delete: %s", (_name, found, generation, meant) => {
    expect(isSameGeneration(found, { incarnation: generation })).toBe(meant);
});
