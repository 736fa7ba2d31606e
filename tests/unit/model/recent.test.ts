import { Recent } from "../../../model";

test("the keys that were set last are kept, and a key that is set again counts as new", () => {
    const recent = new Recent<string, number>(2);
    recent.set("a", 1);
    recent.set("b", 2);
    recent.set("a", 3);
    expect(recent.set("c", 4)).toBe(4);
    expect([recent.get("a"), recent.get("b"), recent.get("c")]).toEqual([3, undefined, 4]);
    recent.delete("a");
    expect(recent.get("a")).toBeUndefined();
});
