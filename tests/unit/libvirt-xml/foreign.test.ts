import { readFacts, renderDomain } from "../../../backends/libvirt/devices";
import { descriptionsIn, keepForeign, readMark } from "../../../backends/libvirt/xml";
import { least, mark } from "./variants";

const next = renderDomain({ ...least, vcpus: 7 }, mark);
const app = '<app:x xmlns:app="http://tool/1.0" id="7">text &amp;amp; <app:y/></app:x>';

/** A definition as others left it. */
function before(inside: string, metadata: string): string {
    return renderDomain(least, { ...mark, bootDigest: "former" })
        .replace("<memory", `${inside}<memory`)
        .replace("</metadata>", `${metadata}</metadata>`);
}

test("title, description and metadata of others come along; the mark is the new one", () => {
    const kept = keepForeign(
        next,
        before("<title>The &lt;web&gt; guest</title><description>two\nlines</description>", app),
    );
    expect(kept).toContain("<title>The &lt;web&gt; guest</title>");
    expect(kept).toMatch(/<description>two\s+lines<\/description>/);
    expect(kept).toContain('<app:x xmlns:app="http://tool/1.0" id="7">');
    expect(kept).toContain("text &amp;amp;");
    expect(readMark(kept)).toEqual(readMark(next));
    expect(readMark(kept)).toMatchObject(mark);
    expect(readFacts(kept)).toEqual(readFacts(next));
});

test("a description is read as it was written", () => {
    const kept = keepForeign(next, before("<description> a &lt;b&gt; &amp;\n</description>", ""));
    expect(descriptionsIn(kept, undefined, next)).toEqual([" a <b> &\n", ""]);
});

test("a second time changes nothing", () => {
    const once = keepForeign(next, before("<title>t</title>", app));
    expect(keepForeign(next, once)).toBe(once);
});

test("a definition of nobody's but ours stays as it is", () => {
    expect(keepForeign(next, before("", ""))).toBe(next);
    expect(keepForeign(next, undefined)).toBe(next);
});
