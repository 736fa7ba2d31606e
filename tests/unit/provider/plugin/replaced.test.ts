import { isReplaced } from "../../../../provider/plugin/run/replaced";

const urn = "urn:pulumi:dev::shop::unikernel:index:Unikernel::web";

test.each<[string, string[], boolean]>([
    ["no such option", ["pulumi", "up", "--target", urn], false],
    ["this resource", ["pulumi", "up", "--target-replace", urn], true],
    ["in one word", ["pulumi", "up", `--target-replace=${urn}`, "--yes"], true],
    ["the other option", ["pulumi", "up", "--replace", urn], true],
    ["another resource", ["pulumi", "up", "--replace", `${urn}2`], false],
    ["a part of its name", ["pulumi", "up", "--replace", urn.slice(0, -1)], false],
    ["the second of two", ["pulumi", "up", "--replace", `${urn}2`, "--replace", urn], true],
    ["any resource of that name", ["pulumi", "up", "--target-replace", "**::web"], true],
    ["any resource of another name", ["pulumi", "up", "--target-replace", "**::db"], false],
    [
        "one part of the URN",
        ["pulumi", "up", "--target-replace", "urn:pulumi:*::shop::unikernel:index:Unikernel::web"],
        true,
    ],
    ["a pattern that ends within a part", ["pulumi", "up", "--target-replace", "urn:pulumi:*"], false],
    ["an option without a value", ["pulumi", "up", "--replace"], false],
])("the engine was started with %s", (_name, words, expected) => {
    expect(isReplaced(urn, words)).toBe(expected);
});
