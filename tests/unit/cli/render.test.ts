import { check, runChecks } from "../../../cli/doctor/check";
import { compareVersions, parseVersion, type Result, wouldWork } from "../../../cli/doctor/finding";
import { renderJson, renderResult, renderSummary } from "../../../cli/doctor/render";

const result = (status: Result["status"], more: Partial<Result> = {}): Result => ({
    id: "x",
    title: "thing",
    status,
    found: "seen",
    ...more,
});

test.each<[Result, string]>([
    [result("ok"), "ok    thing: seen"],
    [result("fail", { fix: "a\nb", note: "then c" }), "FAIL  thing: seen\n      $ a\n      $ b\n      then c"],
    [result("warn", { note: "n" }), "warn  thing: seen\n      n"],
    [result("skip"), "-     thing: seen"],
])("a result as lines: %#", (one, lines) => expect(renderResult(one)).toBe(lines));

test.each<[Result["status"][], boolean, string]>([
    [["ok", "warn"], true, "1 ok, 1 to know, 0 to mend: `pulumi up` would work"],
    [["ok", "fail", "skip"], false, "1 ok, 0 to know, 1 to mend: `pulumi up` would not work"],
])("%j: works is %j", (statuses, works, summary) => {
    const results = statuses.map((status) => result(status));
    expect(wouldWork(results)).toBe(works);
    expect(renderSummary(results)).toBe(summary);
    expect(JSON.parse(renderJson("uri", results))).toEqual({ connection: "uri", works, checks: results });
});

test.each([
    ["xorriso 1.5.4 : RockRidge", "1.5.4"],
    ["v3.259.0\n", "3.259.0"],
    ["debugfs 1.47.0 (5-Feb-2023)", "1.47.0"],
    ["none", undefined],
])("version of %j", (text, version) => expect(parseVersion(text)).toBe(version));

test.each([
    ["1.10", "1.9", 1],
    ["1.2", "1.2.0", 0],
    ["1.2.3", "1.3", -1],
] as const)("%s against %s", (a, b, sign) => expect(Math.sign(compareVersions(a, b))).toBe(sign));

test("a check whose need is down is skipped, and so are those that need it", async () => {
    const tried: string[] = [];
    const one = (id: string, status: "ok" | "fail", needs?: string[]) =>
        check({
            id,
            title: id,
            needs,
            probe: async () => {
                tried.push(id);
                return status;
            },
            judge: (found) => ({ status: found, found }),
        });
    const notAsked = () => Promise.reject(new Error("not asked"));
    const scene = {
        machine: { env: {}, user: { name: "a", uid: 1 } },
        connection: "",
        folder: "/",
        host: notAsked,
        dom0: notAsked,
    };
    const results = await runChecks(
        [one("a", "fail"), one("b", "ok", ["a"]), one("c", "ok", ["b"]), one("d", "ok")],
        scene,
    );
    expect(results.map(({ id, status, found }) => [id, status, found])).toEqual([
        ["a", "fail", "fail"],
        ["b", "skip", "not tried, because of a"],
        ["c", "skip", "not tried, because of b"],
        ["d", "ok", "ok"],
    ]);
    expect(tried).toEqual(["a", "d"]);
});
