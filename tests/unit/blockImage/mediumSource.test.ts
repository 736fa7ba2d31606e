import { join } from "node:path";
import { blockImageHandlers } from "../../../core/blockImage";
import { mediumSourceProblems } from "../../../core/unikernel/check/mediumSource";
import type { BlockSpec, UnikernelSpec } from "../../../model";
import { workspace } from "../images/workspace";

const { path, plant } = workspace();
const handlers = blockImageHandlers();

async function blockOf(source: unknown): Promise<BlockSpec> {
    const { inputs, failures } = await handlers.check({}, { resourceUrn: "urn:pulumi:d::p::t::data", source });
    expect(failures).toEqual([]);
    return { name: "data", digest: inputs.digest as string, format: "iso9660", access: "read" };
}
const problems = (block: BlockSpec, spec: Partial<UnikernelSpec>): Promise<object[]> =>
    mediumSourceProblems({ platform: "iso", name: "web", blocks: [block], ...spec });

test("a medium's image in the folder from which its data image is built is refused", async () => {
    const block = await blockOf(await plant("site", { "a/index.html": "hello" }));
    for (const output of [path("site/web.iso"), path("site/a/web.iso")])
        expect(await problems(block, { output })).toEqual([
            {
                property: "output",
                reason: expect.stringContaining(
                    `${output} lies inside of ${path("site")}, the source of the data image data`,
                ),
            },
        ]);
    expect(await problems(block, { output: path("web.iso") })).toEqual([]);
    expect(await problems(block, { output: path("site2/web.iso") })).toEqual([]);
    expect(await problems(block, { platform: "kvm", output: path("site/web.iso") })).toEqual([]);
});

test("a file of a map is a source too; a text is none", async () => {
    const block = await blockOf({ page: { asset: join(await plant("www", { page: "x" }), "page") }, note: "text" });
    expect(await problems(block, { output: path("www/page") })).toHaveLength(1);
    expect(await problems(block, { output: path("text") })).toEqual([]);
});
