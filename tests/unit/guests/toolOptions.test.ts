import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Of app-tools/rumprun: its guest options, its platforms that are none here, and what a configuration can have besides. */
const OPTIONS = ["-b", "-d", "-D", "-e", "-g", "-i", "-I", "-M", "-N", "-p", "-W", "qemu", "ec2", "rc"];

const docs = join(__dirname, "../../../docs");
const rows = readFileSync(join(docs, "unikernel.md"), "utf8")
    .split("## The rumprun tool's options")[1]!
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) => line.split("|").map((cell) => cell.trim()));

const row = (option: string) => rows.find(([, tool = ""]) => new RegExp(`\`${option}(?![\\w-])`).test(tool));

test.each(OPTIONS)("the table of the tool's options has %s", (option) => {
    expect(row(option)?.[2]).toMatch(/\w/);
});

test.each(["ec2", "rc", "-W tag,inet6,auto"])("%s is not supported, with the reason", (option) => {
    expect(row(option)?.[2]).toMatch(/^not supported: /);
});

test("an interface without a back end on Xen has a line", () => {
    expect(row("-I tag,xenif")?.[2]).toContain('attach: { bridge: "xenbr0" }');
});

test("nginx's user has a line", () => {
    expect(readFileSync(join(docs, "guests.md"), "utf8")).toContain("`user daemon daemon;`");
});
