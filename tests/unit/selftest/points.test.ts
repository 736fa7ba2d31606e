import { pointsOf } from "../../../selftest/steps/killed";

const calls = ["files.put", "domains.define", "domains.start", "domains.setMetadata"];
const text = (most?: number): string[] => pointsOf(calls, most).map(({ when, change }) => `${when} ${change}`);

test("before the first call and after each", () =>
    expect(text()).toEqual(["before 0", "after 0", "after 1", "after 2", "after 3"]));

test.each([
    [1, ["after 1"]],
    [2, ["after 0", "after 2"]],
    [5, text()],
    [99, text()],
])("at most %i, evenly", (most, expected) => expect(text(most)).toEqual(expected));
