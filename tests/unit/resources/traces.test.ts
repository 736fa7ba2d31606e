import * as pulumi from "@pulumi/pulumi";
import { Unikernel } from "../../../index";

beforeAll(() =>
    pulumi.runtime.setMocks(
        {
            newResource: ({ name, inputs }) => ({ id: name, state: inputs }),
            call: () => ({}),
        },
        "shop",
        "dev",
        false,
    ),
);

const args = { platform: "kvm", kernel: "k" } as const;
const usual = Error.prepareStackTrace;
afterEach(() => {
    Error.prepareStackTrace = usual;
});

/** Note the limit of frames of each trace that is formatted. */
function noting(limits: number[]): typeof Error.prepareStackTrace {
    return (error, frames) => {
        limits.push(Error.stackTraceLimit);
        return [String(error), ...frames].join("\n    at ");
    };
}

test("a constructor formats no stack trace but those that say where the resource is declared", async () => {
    const limits: number[] = [];
    const format = noting(limits);
    Error.prepareStackTrace = format;
    const guest = new Unikernel("web", args);
    expect(new Set(limits)).toEqual(new Set([Number.POSITIVE_INFINITY]));
    expect(limits.length).toBeLessThan(4);
    expect(Error.prepareStackTrace).toBe(format);
    await new Promise((resolve) => guest.urn.apply(resolve));
});

test("errors of a constructor say where they come from", () => {
    Error.prepareStackTrace = noting([]);
    const here = { stack: expect.stringMatching(/traces\.test\.ts:\d+/) as string };
    expect(() => new Unikernel("", args)).toThrow(expect.objectContaining(here));
    // As the SDK makes one for a registration that may fail.
    let kept: Error | undefined;
    const transformation: pulumi.ResourceTransformation = () => {
        kept = new Error("shown later");
        return undefined;
    };
    new Unikernel("kept", args, { transformations: [transformation] });
    expect(kept).toMatchObject(here);
});
