import { heldBy, isOfStack, type Thing } from "../../../backends/libvirt/lifecycle/network/holding";
import { enter, isUnderWay, leave, mayGoOn } from "../../../backends/libvirt/lifecycle/network/operations";

describe("operations that wait for each other", () => {
    afterEach(() => {
        for (const uuid of ["a", "b", "c"]) leave(uuid);
    });

    test("an operation that waits for no other goes on", () => {
        enter("a");
        expect([mayGoOn("a"), isUnderWay("a")]).toEqual([true, true]);
        leave("a");
        expect([mayGoOn("a"), isUnderWay("a")]).toEqual([false, false]);
    });

    test("a chain goes on when its end does", () => {
        enter("a", ["b"]);
        enter("b", ["c"]);
        expect([mayGoOn("a"), mayGoOn("b")]).toEqual([false, false]);
        enter("c");
        expect([mayGoOn("a"), mayGoOn("b"), mayGoOn("c")]).toEqual([true, true, true]);
    });

    test("a ring goes on when all its operations, and those that they wait for, are under way", () => {
        enter("a", ["b"]);
        enter("b", ["c"]);
        enter("c", ["a"]);
        expect([mayGoOn("a"), mayGoOn("b"), mayGoOn("c")]).toEqual([true, true, true]);
        enter("c", ["a", "d"]);
        expect([mayGoOn("a"), mayGoOn("b"), mayGoOn("c")]).toEqual([false, false, false]);
    });
});

const URN = "urn:pulumi:dev::shop::t:index:Unikernel::web";
const thing: Thing = {
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
    const error = heldBy(thing, { name: "db-1", urn }, URN, declared);
    expect(error).toMatchObject({ code: "in-use", property: "gdb.port" });
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
});
