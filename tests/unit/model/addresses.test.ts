import { addressNumber, canonicalAddress, isWithin, overlaps, spanOf } from "../../../model";

test.each<[string, string, bigint]>([
    ["10.0.0.1", "10.0.0.1", 0x0a000001n],
    ["255.255.255.255", "255.255.255.255", 0xffffffffn],
    ["::", "::", 0n],
    ["::1", "::1", 1n],
    ["FD00:0::0:1", "fd00::1", 0xfd00n * (1n << 112n) + 1n],
    ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8", 0x00010002000300040005000600070008n],
    ["fe80::", "fe80::", 0xfe80n << 112n],
    ["::ffff:10.0.0.1", "::ffff:a00:1", 0xffff0a000001n],
])("%s is %s", (address, text, number) => {
    expect([canonicalAddress(address), addressNumber(address)]).toEqual([text, number]);
});

test.each<[string, string, boolean]>([
    ["10.0.0.0/24", "10.0.0.128/25", true],
    ["10.0.0.5/24", "10.0.1.0/24", false],
    ["0.0.0.0/1", "10.0.0.0/8", true],
    ["fd00::1/64", "fd00::ffff:0:0:1/64", true],
    ["fd00::1/64", "fd00:0:0:1::/64", false],
    ["10.0.0.0/8", "::a00:0/104", false],
])("%s and %s overlap: %s", (one, other, expected) => {
    expect([overlaps(spanOf(one), spanOf(other)), overlaps(spanOf(other), spanOf(one))]).toEqual([expected, expected]);
});

test("an address is within the network of its family alone", () => {
    const span = spanOf("10.0.0.1/24");
    expect(["10.0.0.0", "10.0.0.255", "10.0.1.0", "::a00:1", "text"].map((one) => isWithin(one, span))).toEqual([
        true,
        true,
        false,
        false,
        false,
    ]);
});
