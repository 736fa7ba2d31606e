import { plain, TAIL_BYTES } from "../../../backends/libvirt/lifecycle/readiness/console";
import { GuestPattern } from "../../../backends/libvirt/lifecycle/readiness/pattern";

const log = "[    0.123456] a line as kernels print it\n".repeat(TAIL_BYTES / 42);

test.each<[string, string, boolean]>([
    ["a line's beginning", "^ready", true],
    ["a line's end", "requests$", true],
    ["anything", "", true],
    ["what was not printed", "never", false],
    ["another case", "^READY", false],
])("%s", (_title, pattern, matches) => {
    const asked = new GuestPattern(pattern);
    for (const _look of [1, 2, 3]) expect(asked.matches(`${log}ready for requests\n`)).toBe(matches);
});

test.each<[string, string]>([
    ["(a+)+$", `${"a".repeat(TAIL_BYTES)}!`],
    ["^(.*)*never$", log],
    ["(\\w+\\s?)*never", log],
])("%s on a console that it never matches is given up, with what to do", (pattern, text) => {
    const asked = new GuestPattern(pattern);
    // One look that was not decided may be the machine's fault.
    expect(asked.matches(text)).toBe(false);
    expect(asked.matches("")).toBe(false);
    expect(() => asked.matches(text)).toThrow(
        expect.objectContaining({
            code: "not-ready",
            property: "readiness.console",
            message: expect.stringMatching(
                /the regular expression .* was not decided within .* without repetitions inside of repetitions/,
            ) as string,
        }) as Error,
    );
});

test("what is no regular expression, in an old state, is refused", () => {
    expect(() => new GuestPattern("(").matches(log)).toThrow(
        expect.objectContaining({ code: "invalid", property: "readiness.console" }) as Error,
    );
});

test("the limit costs no more than a few other passes over the same text", () => {
    const asked = new GuestPattern("^ready for requests$");
    // Processor time, which other processes do not take part in.
    const cost = (work: () => void): number => {
        const interrupted = process.cpuUsage();
        for (let look = 0; look < 200; look++) work();
        const { user, system } = process.cpuUsage(interrupted);
        return user + system;
    };
    const look = cost(() => plain(log));
    expect(cost(() => asked.matches(log)) / look).toBeLessThan(10);
});
