import { unsupportedIn } from "../../../backends/consequence";
import { isoConsequences } from "../../../backends/iso/consequences";

test("each reason reads as a sentence", () => {
    expect(Object.keys(isoConsequences).length).toBeGreaterThan(25);
    for (const { why } of Object.values(isoConsequences)) expect(why).toMatch(/^[A-Z].*\.$/);
});

test("only what is in the image rebuilds it, and nothing but the platform replaces", () => {
    const of = (wanted: string) =>
        Object.entries(isoConsequences)
            .filter(([, { consequence }]) => consequence === wanted)
            .map(([property]) => property)
            .sort();
    expect(of("rebuild")).toEqual([
        "args",
        "blocks",
        "console",
        "env",
        "guest",
        "hostname",
        "initrd",
        "interfaces",
        "kernel",
        "label",
        "mirage",
        "name",
        "output",
        "secrets",
    ]);
    expect(of("replace")).toEqual(["platform"]);
    expect(of("restart")).toEqual([]);
});

test("what is refused needs no consequence of its own", () => {
    const refused = Object.keys(unsupportedIn(isoConsequences)).filter((property) => !property.includes("["));
    for (const property of refused)
        expect(isoConsequences[property]).toMatchObject({
            consequence: "live",
            why: "Means nothing on a medium; refused.",
        });
});
