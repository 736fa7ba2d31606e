import { type ExclusiveItem, heldError, isOfStack } from "../../../backends/libvirt/lifecycle/network/exclusiveItem";
import {
    beginOperation,
    endOperation,
    isInProgress,
    mayProceed,
} from "../../../backends/libvirt/lifecycle/network/inProgress";

describe("operations that wait for each other", () => {
    afterEach(() => {
        for (const uuid of ["a", "b", "c"]) endOperation(uuid);
    });

    test("an operation that waits for no other goes on", () => {
        beginOperation("a");
        expect([mayProceed("a"), isInProgress("a")]).toEqual([true, true]);
        endOperation("a");
        expect([mayProceed("a"), isInProgress("a")]).toEqual([false, false]);
    });

    test("a chain goes on when its end does", () => {
        beginOperation("a", ["b"]);
        beginOperation("b", ["c"]);
        expect([mayProceed("a"), mayProceed("b")]).toEqual([false, false]);
        beginOperation("c");
        expect([mayProceed("a"), mayProceed("b"), mayProceed("c")]).toEqual([true, true, true]);
    });

    test("a ring goes on when all its operations, and those that they wait for, are under way", () => {
        beginOperation("a", ["b"]);
        beginOperation("b", ["c"]);
        beginOperation("c", ["a"]);
        expect([mayProceed("a"), mayProceed("b"), mayProceed("c")]).toEqual([true, true, true]);
        beginOperation("c", ["a", "d"]);
        expect([mayProceed("a"), mayProceed("b"), mayProceed("c")]).toEqual([false, false, false]);
    });
});

const URN = "urn:pulumi:dev::shop::t:index:Unikernel::web";
const thing: ExclusiveItem = {
    key: "tcp 127.0.0.1 80",
    property: "gdb.port",
    says: (domain) => `${domain} has port 80`,
    hint: "choose another",
};

test("a stack is known by its name and its project", () => {
    expect([
        isOfStack("urn:pulumi:dev::shop::x::db", URN),
        isOfStack("urn:pulumi:prod::shop::x::db", URN),
        isOfStack("urn:pulumi:dev::other::x::db", URN),
        isOfStack(undefined, URN),
    ]).toEqual([true, false, false, false]);
});

test.each([
    ["no mark", undefined, undefined, "domain db-1 has port 80", "choose another"],
    [
        "another stack",
        "urn:pulumi:prod::shop::x::db",
        undefined,
        'domain db-1 has port 80: it belongs to "db" of stack prod of project shop',
        "choose another",
    ],
    [
        "declares it too",
        "urn:pulumi:dev::shop::x::db",
        "keeps",
        'domain db-1 has port 80: it is "db" of this stack, which declares it too',
        "one of the two",
    ],
    [
        "gives it up later",
        "urn:pulumi:dev::shop::x::db",
        "yields",
        'it is "db" of this stack, which no longer declares it',
        "pulumi up --target 'urn:pulumi:dev::shop::x::db'",
    ],
    [
        "not declared",
        "urn:pulumi:dev::shop::x::db",
        undefined,
        "which the program has not declared",
        'aliases: [{ name: "db" }]',
    ],
] as const)("who has a thing is named: %s", (_title, urn, declared, message, hint) => {
    const error = heldError(thing, { name: "db-1", urn }, URN, declared);
    expect(error).toMatchObject({ code: "in-use", property: "gdb.port" });
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
});
