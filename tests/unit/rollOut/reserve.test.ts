import type { SeenMember } from "../../../backends";
import { judge } from "../../../core/rollOut/reserve";
import { siblingUrn } from "../../../core/rollOut/urns";
import type { MemberRollOut } from "../../../model";

const URN = "urn:pulumi:dev::shop::pkg:index:Fleet$pkg:index:Unikernel::web-0";
const urnOf = (index: number) => siblingUrn(URN, "web", index);
const ROLL_OUT: MemberRollOut = {
    fleet: "web",
    replicas: 4,
    canary: { count: 0, bake: 0 },
    maxUnavailable: 1,
    pause: 0,
    minReady: 0,
    idle: [],
    connections: [],
};
type Sight = "serves" | "off" | "none" | "changing";

function judged(others: Sight[], more: Partial<MemberRollOut> = {}, unasked: string[] = []) {
    const siblings = others.map((_, at) => ({ index: at + 1, urn: urnOf(at + 1) }));
    const members = others.flatMap((sight, at): SeenMember[] =>
        sight === "none"
            ? []
            : [{ urn: urnOf(at + 1), name: `web-${at + 1}-x`, ...(sight === "serves" ? {} : { trouble: "is off" }) }],
    );
    const changing = new Set(others.flatMap((sight, at) => (sight === "changing" ? [urnOf(at + 1)] : [])));
    const rollOut = { ...ROLL_OUT, replicas: others.length + 1, ...more };
    return judge({ urn: URN, index: 0, rollOut }, siblings, { members, unasked }, changing);
}

test.each<[Sight[], Partial<MemberRollOut>]>([
    [["serves", "serves", "serves"], {}],
    [["off", "serves", "serves"], { maxUnavailable: 2 }],
    [["changing", "serves", "serves"], { maxUnavailable: 2 }],
    // Members that are not made yet are the last ones.
    [["serves", "none", "none"], {}],
    // Declared stopped: it is not missed.
    [["off", "serves", "serves"], { idle: [1] }],
    [["serves", "serves", "off"], { maxUnavailable: 2, minInService: 2 }],
])("%j %j: it may be stopped", (others, more) => {
    expect(judged(others, more)).toBe("stop");
});

test.each<[Sight[], Partial<MemberRollOut>, boolean, RegExp]>([
    [["serves", "off", "serves"], {}, true, /web may have 1 out of service at once; web-2 is off/],
    // One in the middle was made, and is lost.
    [["none", "serves", "serves"], {}, true, /web-1 is on no host/],
    [["changing", "serves", "serves"], {}, false, /web may have 1 out of service at once/],
    [["off", "changing", "serves"], { maxUnavailable: 2 }, false, /web-1 is off/],
    [
        ["off", "serves", "serves"],
        { maxUnavailable: 2, minInService: 3 },
        true,
        /2 of 4 members of web would be in service, and minInService is 3; web-1 is off/,
    ],
    [["serves", "none", "none"], { minInService: 2 }, true, /1 of 4 members of web would be in service/],
    [["off", "serves", "serves"], { idle: [1], minInService: 3 }, true, /2 of 4/],
])("%j %j: it is refused", (others, more, lacking, text) => {
    const verdict = judged(others, more);
    if (verdict === "stop") throw new Error("it may be stopped");
    expect(verdict.lacking).toBe(lacking);
    expect(verdict.error().message).toMatch(text);
});

test("the error says which member comes first", () => {
    const verdict = judged(["serves", "off", "serves"]);
    if (verdict === "stop") throw new Error("it may be stopped");
    expect(verdict.error().hint).toBe(
        `bring it back first: pulumi up --refresh --target '${urnOf(2)}'; then run pulumi up again`,
    );
});

test("members that may be on a host that does not answer do not count as in service, and the error says so", () => {
    const verdict = judged(["serves", "serves", "none"], {}, ["qemu+ssh://b/system could not be asked: no route"]);
    if (verdict === "stop") throw new Error("it may be stopped");
    expect(verdict.error().message).toMatch(
        /web-3 is on no host that could be asked; qemu\+ssh:\/\/b\/system could not be asked: no route/,
    );
});
