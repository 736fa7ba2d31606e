import { defaultMac, defaultName, uuidOf } from "../../../core/identity";
import { logicalName } from "../../../model";
import { NAME_PATTERN } from "../../../model/arguments";

const urn = (name: string, stack = "dev") =>
    `urn:pulumi:${stack}::shop::pulumi-nodejs:dynamic/unikernel:Unikernel::${name}`;

// Golden: what a released version has once computed, every later one must.
test("identity follows from the URN, for ever", () => {
    expect(uuidOf(urn("web"))).toBe("50499e51-5dcc-5b61-a04c-173111403621");
    expect(defaultName(urn("web"))).toBe("web-b9cd29e");
    expect(defaultMac(urn("web"))).toBe("52:54:00:b9:cd:29");
});

test.each([
    ["two stacks", urn("web"), urn("web", "prod")],
    ["two resources", urn("web"), urn("web2")],
    ["children of two components", "urn:pulumi:dev::shop::a:b:C$t::web", "urn:pulumi:dev::shop::a:b:D$t::web"],
])("%s differ in all of it", (_title, one, other) => {
    expect(uuidOf(one)).not.toBe(uuidOf(other));
    expect(defaultName(one)).not.toBe(defaultName(other));
    expect(defaultMac(one)).not.toBe(defaultMac(other));
});

test.each([
    ["web", "web"],
    ["web::blue", "web::blue"],
    ["", ""],
])("the logical name of a resource called %j", (name, expected) => {
    expect(logicalName(urn(name))).toBe(expected);
});

test.each(["web", "with blank/and slash", "ünïcödé", "x".repeat(300), "a::b", "$(reboot)"])(
    "the default name of %j is one that the host takes",
    (name) => {
        expect(defaultName(urn(name))).toMatch(NAME_PATTERN);
    },
);

test("a MAC is unicast and of QEMU's prefix", () => {
    expect(defaultMac(urn("web"))).toMatch(/^52:54:00(:[0-9a-f]{2}){3}$/);
});
