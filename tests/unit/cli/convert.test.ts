import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import ts from "typescript";
import { convert } from "../../../cli/convert";
import { LINES, README_LINES, wordsOf } from "./convertLines";

const { safeLoad } = require("js-yaml") as { safeLoad(text: string): unknown };
const root = join(__dirname, "../../..");

function converted(line: string[], yaml = false) {
    let [out, error] = ["", ""];
    const code = convert(
        { line, yaml },
        {
            out: (text) => {
                out += text;
            },
            error: (text) => {
                error += text;
            },
        },
    );
    return { code, out, error };
}

test("README has the tool's line for each platform", () => {
    expect(README_LINES.map((line) => line.split(" ")[1])).toEqual(["kvm", "xen", "iso"]);
});

test.each(Object.entries(LINES))("%s is as in its golden file", (name, line) => {
    const file = join(__dirname, "golden", `${name}.txt`);
    const [typescript, yaml] = [converted(wordsOf(line)), converted(wordsOf(line), true)];
    expect([yaml.code, yaml.error]).toEqual([typescript.code, typescript.error]);
    const { code, error, out } = typescript;
    const text = `$ ${line}\n${error}exit ${code}\n\n----- TypeScript\n${out}\n----- YAML\n${yaml.out}`;
    if (process.env.UPDATE_GOLDEN) writeFileSync(file, text);
    expect(text).toBe(readFileSync(file, "utf8"));
    // What is said on standard error stands in the program's head too.
    for (const said of error.split("\n").filter(Boolean))
        for (const one of [out, yaml.out]) expect(one).toContain(said);
    expect(code).toBe(error.includes("not converted: ") ? 1 : 0);
});

test("each TypeScript program compiles against the package's types", () => {
    const programs = new Map(
        Object.entries(LINES).map(([name, line]) => [join(root, `tests/${name}.ts`), converted(wordsOf(line)).out]),
    );
    // A program that must not compile: otherwise this test could not fail.
    const broken = join(root, "tests/broken.ts");
    programs.set(broken, [...programs.values()][0]!.replace("kernel:", "colonel:"));
    const options: ts.CompilerOptions = {
        ...{
            strict: true,
            skipLibCheck: true,
            noEmit: true,
            types: ["node"],
            lib: ["lib.es2023.d.ts"],
            esModuleInterop: true,
        },
        ...{
            target: ts.ScriptTarget.ES2022,
            module: ts.ModuleKind.Node16,
            moduleResolution: ts.ModuleResolutionKind.Node16,
        },
        paths: { "pulumi-unikernel": [join(root, "index.ts")] },
    };
    const host = ts.createCompilerHost(options);
    const { fileExists, readFile, getSourceFile } = host;
    host.fileExists = (file) => programs.has(file) || fileExists(file);
    host.readFile = (file) => programs.get(file) ?? readFile(file);
    host.getSourceFile = (file, ...rest) =>
        programs.has(file)
            ? ts.createSourceFile(file, programs.get(file)!, ts.ScriptTarget.ES2022)
            : getSourceFile(file, ...rest);
    const program = ts.createProgram([...programs.keys()], options, host);
    const problems = [...programs.keys()].flatMap((file) => {
        const source = program.getSourceFile(file)!;
        return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
            ({ messageText }) => `${basename(file)}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`,
        );
    });
    expect(problems).toEqual([expect.stringMatching(/^broken\.ts: .*colonel/)]);
});

interface Type {
    $ref?: string;
    items?: Type;
    oneOf?: Type[];
    additionalProperties?: Type;
}
const schema = JSON.parse(readFileSync(join(root, "schema.json"), "utf8")) as {
    types: Record<string, { properties?: Record<string, Type>; enum?: { value: unknown }[] }>;
    resources: Record<string, { inputProperties: Record<string, Type>; requiredInputs?: string[] }>;
};
const { types, resources } = schema;

/** Return the names below a value that the schema does not have. */
function unknownNames(value: unknown, type: Type, path: string): string[] {
    const choices = type.oneOf ?? [type];
    const results = choices.map(({ $ref, items, additionalProperties }): string[] => {
        if (Array.isArray(value))
            return items ? value.flatMap((one, index) => unknownNames(one, items, `${path}[${index}]`)) : [path];
        if (typeof value !== "object" || value === null) {
            const values = types[$ref?.split("/").at(-1) ?? ""]?.enum;
            return values && !values.some((one) => one.value === value) ? [`${path}: ${value}`] : [];
        }
        const entries = Object.entries(value);
        if (additionalProperties)
            return entries.flatMap(([key, one]) => unknownNames(one, additionalProperties, `${path}.${key}`));
        const properties = types[$ref?.split("/").at(-1) ?? ""]?.properties;
        if (properties === undefined) return [path];
        return entries.flatMap(([key, one]) =>
            properties[key] ? unknownNames(one, properties[key], `${path}.${key}`) : [`${path}.${key}`],
        );
    });
    return results.find((found) => found.length === 0) ?? results[0]!;
}

interface Declared {
    type: string;
    properties?: Record<string, unknown>;
}

test.each(Object.entries(LINES))(
    "%s: the YAML program names arguments of the schema, and its own resources",
    (_, line) => {
        const text = converted(wordsOf(line), true).out;
        const program = safeLoad(text) as { name: string; runtime: string; resources: Record<string, Declared> };
        expect(program).toMatchObject({ name: expect.any(String), runtime: "yaml" });
        for (const [name, { type, properties = {} }] of Object.entries(program.resources)) {
            const { inputProperties, requiredInputs = [] } = resources[type.replace(":", ":index:")]!;
            expect(Object.keys(properties)).toEqual(expect.arrayContaining(requiredInputs));
            for (const [key, value] of Object.entries(properties)) {
                expect(inputProperties).toHaveProperty(key);
                const plain = key === "interfaces" ? [] : value;
                expect(unknownNames(plain, inputProperties[key]!, `${name}.${key}`)).toEqual([]);
            }
        }
        for (const [, reference] of text.matchAll(/(?<!\$)\$\{([\w-]+)/g))
            expect(Object.keys(program.resources)).toContain(reference);
    },
);

test("texts arrive as they are written, in both languages", () => {
    const strange = [
        "${x} $$ $",
        'say "hi" \\',
        "a\nb\tc",
        "true",
        "0x10",
        "-1",
        "",
        "# no",
        "\u2028\u202e\u009bé😀",
        "`${1}`",
    ];
    const line = ["rumprun", "kvm", "-e", "__proto__=x", "-e", "no=yes", "app", ...strange];
    const yaml = safeLoad(converted(line, true).out) as { resources: Record<string, Declared> };
    const { args, env } = yaml.resources.app!.properties as { args: string[]; env: object };
    // pulumi-yaml reads `$$` as `$`.
    expect(args.map((text) => text.replaceAll("$$", "$"))).toEqual(strange);
    expect(args.join("")).not.toMatch(/(?<!\$)(\$\$)*\$\{/);
    expect(Object.entries(env)).toContainEqual(["no", "yes"]);

    const { out } = converted(line);
    const made: { args: string[]; env: object }[] = [];
    class Unikernel {
        constructor(_: string, given: { args: string[]; env: object }) {
            made.push(given);
        }
    }
    const source = ts.transpileModule(out, {
        compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
    });
    new Function("require", "exports", source.outputText)(() => ({ Unikernel }), {});
    expect(made[0]!.args).toEqual(strange);
    expect(Object.entries(made[0]!.env)).toEqual([
        ["__proto__", "x"],
        ["no", "yes"],
    ]);
    for (const program of [out, converted(line, true).out]) expect(program).not.toMatch(/[\u0080-\u009f\u2028-\u202e]/);
});

test("a word cannot leave the comment that names it", () => {
    const { out } = converted(["rumprun", "kvm", "-I", "a,vioif,-net x\u2028y,\nimport 1\r", "app"]);
    const lines = out.split("\n").filter((line) => /import 1/.test(line));
    expect(lines).not.toEqual([]);
    for (const line of lines) expect(line).toMatch(/^\/\/ /);
    expect(out.split(/[\u2028\u2029\r]/)).toHaveLength(1);
});
