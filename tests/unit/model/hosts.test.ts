import fc from "fast-check";
import { hostNameOf, type NamedHost, namedHosts, placedBy, rankHosts } from "../../../model/hosts";

test.each([
    ["qemu+ssh://far.example/system", "far.example"],
    ["qemu+ssh://root@far.example:2222/system?no_verify=1", "far.example"],
    ["xen+tcp://10.0.0.7/system", "10.0.0.7"],
    ["qemu+tls://[fd00::7]:16514/system", "fd00::7"],
    ["qemu:///system", "localhost"],
    ["qemu+unix:///system?socket=/run/other/libvirt-sock", "localhost"],
])("the host of %s is called %s", (connection, name) => {
    expect(hostNameOf(connection)).toBe(name);
});

const urn = (name: string, type = "unikernel:index:Unikernel", stack = "dev") =>
    `urn:pulumi:${stack}::shop::${type}::${name}`;
const DYNAMIC = "pulumi-unikernel:index:UnikernelFleet$pulumi-nodejs:dynamic/unikernel:Unikernel";

test.each([
    ["web-3", ["web", "3"]],
    ["web-3-12", ["web-3", "12"]],
    ["web", ["", "web"]],
    ["web-a", ["", "web-a"]],
    ["a::b-1", ["a::b", "1"]],
])("%s is placed by %j", (name, [fleet, member]) => {
    expect(placedBy(urn(name))).toEqual({ group: JSON.stringify(["urn:pulumi:dev::shop", fleet]), member });
    expect(placedBy(urn(name, DYNAMIC))).toEqual(placedBy(urn(name)));
    expect(placedBy(urn(name, undefined, "prod"))).not.toEqual(placedBy(urn(name)));
});

const hosts = (...weights: number[]): NamedHost[] =>
    namedHosts(weights.map((weight, index) => ({ connection: `qemu+ssh://h${index}/system`, weight })));
const first = (list: NamedHost[], member: number, group = "g") =>
    rankHosts(list, { group, member: String(member) })[0]!.name;

// Golden: what a released version chose for a new guest, every later one chooses too, or a preview of another release errs.
test("the choice is the same for ever", () => {
    const list = namedHosts(["a", "b", "c"].map((name) => ({ connection: `qemu+ssh://${name}/system` })));
    const chosen = Array.from({ length: 12 }, (_, index) => rankHosts(list, placedBy(urn(`web-${index}`)))[0]!.name);
    expect(chosen.join("")).toBe("bbcbaccacaab");
});

const list = fc.uniqueArray(
    fc.record({
        connection: fc.integer({ min: 0, max: 1000 }).map((number) => `qemu+ssh://h${number}/system`),
        weight: fc.double({ min: 0.001, max: 1000, noNaN: true }),
    }),
    { minLength: 1, maxLength: 8, selector: ({ connection }) => connection },
);
const placed = fc.record({ group: fc.string(), member: fc.string() });

test("the order is one of all hosts, and the list's own order does not matter", () => {
    fc.assert(
        fc.property(list, placed, (declared, guest) => {
            const named = namedHosts(declared);
            const ranked = rankHosts(named, guest);
            expect(new Set(ranked)).toEqual(new Set(named));
            expect(rankHosts([...named].reverse(), guest)).toEqual(ranked);
        }),
    );
});

test("another host takes a guest or leaves it where it was; one that goes gives its guests away, and no others move", () => {
    fc.assert(
        fc.property(list, placed, fc.double({ min: 0.001, max: 1000, noNaN: true }), (declared, guest, weight) => {
            const named = namedHosts(declared);
            const [more] = namedHosts([{ connection: "qemu+ssh://another/system", weight }]);
            const [before] = rankHosts(named, guest);
            const [after] = rankHosts([...named, more!], guest);
            expect([before, more]).toContainEqual(after);
            const ranked = rankHosts(named, guest);
            for (const gone of named)
                expect(
                    rankHosts(
                        named.filter((one) => one !== gone),
                        guest,
                    ),
                ).toEqual(ranked.filter((one) => one !== gone));
        }),
    );
});

test("a heavier host loses no guest", () => {
    for (let member = 0; member < 2000; member++)
        if (first(hosts(1, 2, 1), member) === "h1") expect(first(hosts(1, 3, 1), member)).toBe("h1");
});

test.each([[[1, 1]], [[1, 2, 3]], [[10, 1]], [[0.5, 0.25, 0.25]]])(
    "of weights %j, each host has its share of 8,000 guests",
    (weights) => {
        const counts = new Map<string, number>();
        const KEYS = 8000;
        for (let member = 0; member < KEYS; member++) {
            const name = first(hosts(...weights), member);
            counts.set(name, (counts.get(name) ?? 0) + 1);
        }
        const sum = weights.reduce((one, other) => one + other);
        // Five standard deviations of 8,000 draws.
        for (const [index, weight] of weights.entries())
            expect(Math.abs((counts.get(`h${index}`) ?? 0) / KEYS - weight / sum)).toBeLessThan(0.028);
    },
);
