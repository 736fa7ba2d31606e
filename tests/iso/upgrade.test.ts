import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testKernel } from "../e2e/guests";
import { type Stack, withStack } from "../support/engine";
import { Installation, OLD_RELEASE } from "../support/release";
import { declareMedia } from "./media";

jest.setTimeout(900_000);

let folder: string;
let installation: Installation;
beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "pulumi-unikernel-media-"));
    installation = await Installation.of(OLD_RELEASE);
});
afterEach(async () => {
    await installation.remove();
    rmSync(folder, { recursive: true, force: true });
});

/** Every file of a medium, as it is: a rewritten one has another time, one that was put in its place another inode. */
function media({ folder: program }: Stack): Record<string, unknown> {
    const names = readdirSync(program)
        .filter((name) => /\.(iso|tmp)$|SUMS/.test(name))
        .sort();
    return Object.fromEntries(
        names.map((name) => {
            const { ino, mtimeMs, mode, size } = statSync(join(program, name));
            return [
                name,
                {
                    ino,
                    mtimeMs,
                    mode,
                    size,
                    sha256: createHash("sha256")
                        .update(readFileSync(join(program, name)))
                        .digest("hex"),
                },
            ];
        }),
    );
}

/** One medium for each thing that a release may store in another way. */
const declared = (args: string[]): object => ({
    web: { image: "data", output: "web.iso", args, env: { GREETING: "hello" }, hostname: "web", label: "WEB" },
    hush: {
        output: "hush.iso",
        secretEnv: "password",
        interfaces: [{ mac: "52:54:00:00:00:09", attach: { user: {} }, ipv4: { address: "10.0.0.9/24" } }],
    },
});

test("media that release 0.1.0 made are left as they are by this one, until something changes", async () => {
    await withStack(
        "tests/iso/programs/media",
        "upgrade",
        async (stack) => {
            const images = { data: { source: { "index.html": "page" } } };
            await stack.config("password", "hunter2-hunter2", { secret: true });
            await declareMedia(stack, declared(["one"]), images);
            await stack.up();
            const made = media(stack);
            expect(Object.keys(made)).toEqual(expect.arrayContaining(["hush.iso", "web.iso"]));

            await installation.upgrade();
            expect(Object.keys((await stack.up({ args: ["--refresh"] })).changes)).toEqual(["same"]);
            expect(media(stack)).toEqual(made);
            expect((await stack.exportState()).text.includes("hunter2")).toBe(false);

            await declareMedia(stack, declared(["two"]), images);
            expect((await stack.up()).changes).toMatchObject({ update: 1 });
            const rebuilt = media(stack);
            expect(rebuilt).toMatchObject({ "hush.iso": made["hush.iso"] });
            expect(rebuilt["web.iso"]).not.toEqual(made["web.iso"]);

            await installation.install(OLD_RELEASE);
            expect((await stack.preview({ fails: true })).text).toMatch(
                /state has schema version 2; this release of pulumi-unikernel knows 1/,
            );
            expect(media(stack)).toEqual(rebuilt);

            await installation.upgrade();
            await stack.destroy();
            expect(media(stack)).toEqual({});
        },
        {
            env: { XDG_CACHE_HOME: join(folder, "cache") },
            config: { kernel: await testKernel() },
            modules: installation.modules,
        },
    );
});
