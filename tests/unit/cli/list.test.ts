import { renderSeconds } from "../../../cli/duration";
import { renderJson, renderList } from "../../../cli/ls/render";
import { renderTable } from "../../../cli/table";
import type { Shown, ShownGuest } from "../../../core/commands";

const now = Date.parse("2026-11-28T12:00:00Z");
const guest = (options: Partial<ShownGuest>): ShownGuest => ({
    uuid: "6f1c2a4e-0b7d-4f0e-9a52-6d8f6f0f3c11",
    name: "web-1",
    connection: "qemu:///system",
    state: "running",
    ipAddresses: [],
    lastChange: {},
    ...options,
});
const shown = (guests: ShownGuest[], hosts: Shown["hosts"] = [{ connection: "qemu:///system", hostname: "one" }]) => ({
    hosts,
    guests,
});
/** The words of each line, by two spaces or more. */
const cells = (text: string) => text.split("\n").map((line) => line.split(/ {2,}/));

test("the table has what the host and the state say of each guest", () => {
    const text = renderList(
        shown([
            guest({
                uptime: 3725,
                ipAddresses: ["10.0.0.2", "", "10.0.1.2"],
                memory: 64,
                lastChange: { at: "2026-11-28T11:57:55Z", consequence: "restart: args" },
            }),
            guest({
                name: "web-2",
                state: "missing",
                lastChange: { at: "2026-11-26T11:00:00Z", consequence: "create" },
            }),
            guest({
                name: "web-3",
                state: "stopped",
                lastChange: { at: "2026-11-28T12:00:00Z", unfinished: "updating" },
            }),
            guest({ name: "web-4", connection: undefined, state: "unknown", problem: "its connection is a secret" }),
        ]),
        {},
        now,
    );
    expect(cells(text)).toEqual([
        ["NAME", "STATE", "HOST", "UPTIME", "ADDRESSES", "MEMORY", "LAST CHANGE"],
        ["web-1", "running", "one", "1h 2m", "10.0.0.2, 10.0.1.2", "64 MiB", "2m 5s ago: restart: args"],
        ["web-2", "missing", "one", "-", "-", "-", "2d 1h ago: create"],
        ["web-3", "stopped", "one", "-", "-", "-", "0s ago: updating, not ended"],
        ["web-4", "unknown", "(secret)", "-", "-", "-", "its connection is a secret"],
    ]);
});

test("a host has its connection for a name where it did not answer, or where two have one name", () => {
    const hosts = [
        { connection: "qemu:///system", hostname: "same" },
        { connection: "qemu+ssh://b/system", hostname: "same" },
        { connection: "qemu+ssh://c/system", error: "no" },
        { connection: "qemu+ssh://d/system", hostname: "own" },
    ];
    const text = renderList(
        shown(
            hosts.map(({ connection }) => guest({ connection })),
            hosts,
        ),
        {},
        now,
    );
    expect(cells(text).map(([, , host]) => host)).toEqual([
        "HOST",
        "qemu:///system",
        "qemu+ssh://b/system",
        "qemu+ssh://c/system",
        "own",
    ]);
});

test("without guests it says so; the document for programs has the same", () => {
    expect(renderList(shown([]), {})).toBe("no guests");
    const all = shown([guest({ memory: 64 })]);
    expect(JSON.parse(renderJson(all))).toEqual(all);
});

describe("a table", () => {
    const rows = [
        ["NAME", "TEXT"],
        ["web", "a long text that does not fit into a narrow terminal"],
    ];
    test.each([80, 40, 30, 16])("is cut to %i columns", (columns) => {
        const lines = renderTable(rows, { columns }).split("\n");
        expect(lines).toHaveLength(2);
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
        expect(lines[1]).toMatch(columns === 80 ? /terminal$/ : /^web .*…$/);
    });
    test("is whole where it goes elsewhere, and has no trailing spaces", () => {
        expect(renderTable(rows)).toBe("NAME  TEXT\nweb   a long text that does not fit into a narrow terminal");
    });
    test("has colours only where they are shown, and cuts by what is seen", () => {
        const coloured = [[{ text: "running", colour: 32 }, "x".repeat(30)]];
        expect(renderTable(coloured)).not.toContain("\u001b");
        const line = renderTable(coloured, { colours: true, columns: 24 });
        expect(line).toContain("\u001b[32mrunning\u001b[39m");
        expect(line.replaceAll(/\u001b\[\d+m/g, "")).toHaveLength(24);
    });
    test("shows no control characters of a guest, and one line each", () => {
        expect(renderTable([["a\u001b[31mb\nc"]])).toBe("a\ufffd[31mb c");
    });
});

test.each([
    [0, "0s"],
    [59.9, "59s"],
    [60, "1m"],
    [3725, "1h 2m"],
    [90_000, "1d 1h"],
    [-5, "0s"],
])("%d seconds are %s", (seconds, text) => expect(renderSeconds(seconds)).toBe(text));
