import { PartialError } from "../../../backends/backend";
import { NotReadyError } from "../../../core/unikernel/outputs";
import { redacted } from "../../../core/unikernel/redaction";
import { maskIn } from "../../../guests";
import { UnikernelError } from "../../../model";

const spec = {
    args: ["serve", "--token=hunter2"],
    env: { PASSWORD: "correct horse", PORT: "80", KEY: "-----BEGIN-----\nMIIabc\n-----END-----" },
    hostname: "web",
    secrets: ["args[1]", "env"],
};
const SECRETS = /hunter2|correct horse|MIIabc|BEGIN/;
const lines = [
    "booting web",
    "argv[1] --token=hunter2",
    "PASSWORD=correct horse",
    "listening on 80, not on 8080",
    "MIIabc",
];
const services = {
    backend: () => {
        throw new Error("none is asked");
    },
    creator: { user: "", machine: "", project: "" },
};

test("what is logged and what is thrown repeats no secret, however deep", async () => {
    const said: string[] = [];
    const cause = new UnikernelError("guest-ended", "the guest ended: bad --token=hunter2", {
        console: lines,
        hint: "not correct horse",
    });
    const thrown = new NotReadyError("id", { env: spec.env }, [cause.message], {
        cause: new PartialError({ host: "", drift: {}, unfinished: true }, [cause.message], { cause }),
    });
    const failing = redacted(
        {
            ...services,
            log: (message) => {
                said.push(message);
            },
        },
        [{}, spec],
        ({ log }) => {
            log("web: the guest says correct horse");
            return Promise.reject(thrown);
        },
    );
    await expect(failing).rejects.toBe(thrown);
    expect(said).toEqual(["web: the guest says [secret]"]);
    for (let one: unknown = thrown; one instanceof Error; one = one.cause) {
        const { message, stack, ...rest } = one as Error & { properties?: unknown; reasons?: string[] };
        expect(
            [message, stack, one instanceof NotReadyError ? one.reasons : rest]
                .map((part) => JSON.stringify(part))
                .join(),
        ).not.toMatch(SECRETS);
    }
    expect(cause.console).toEqual([
        "booting web",
        "argv[1] [secret]",
        "PASSWORD=[secret]",
        "listening on [secret], not on 8080",
        "[secret]",
    ]);
    // State keeps its secrets itself.
    expect(thrown.properties.env).toBe(spec.env);
});

test.each<[string, string[], string]>([
    ["plain", ["a.c"], "plain"],
    ["abc a.c", ["a.c"], "abc [secret]"],
    ["longer than long", ["long", "longer"], "[secret] than [secret]"],
    ['{"a":"x\\"yz"}', ['x"yz'], '{"a":"[secret]"}'],
    ["first\nsecond\nthird", ["first\r\nsecond"], "[secret]\n[secret]\nthird"],
    ["1 of 12, [1]", ["1"], "[secret] of 12, [1]"],
    ["nothing", ["", "  ", "\n"], "nothing"],
    ["$& stays", ["stays"], "$& [secret]"],
])("%j without %j is %j", (text, values, masked) => {
    expect(maskIn(text, values)).toBe(masked);
});
