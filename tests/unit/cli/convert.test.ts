import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import ts from "typescript";
import { convert } from "../../../cli/convert";
import { keptStreams } from "../../support/streams";
import { LINES, README_LINES, wordsOf } from "./convertLines";

const { safeLoad } = require("js-yaml") as { safeLoad(text: string): unknown };
const root = join(__dirname, "../../..");

function converted(line: string[], yaml = false) {
    const { streams, said } = keptStreams();
    return { code: convert({ line, yaml }, streams), ...said };
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

test.each<[line: string, code: number, message: string, hint: string]>([
    ["", 2, "(end of the line): expected the line of one of rumprun", "behind `convert --`"],
    ["xl create a", 2, "xl: expected the line of one of rumprun, kraft run", "as you would run it"],
    ["sudo rumprun kvm app", 2, "sudo: expected the line of one of", "leave out sudo"],
    ["rumprun", 2, "rumprun: (end of the line): expected a platform: kvm, qemu, xen or iso", "name the platform"],
    ["rumprun constructor app", 2, "rumprun: constructor: expected a platform", "name the platform"],
    ["rumprun -h", 2, "rumprun: -h: it prints the tool's help", "name a platform"],
    [
        "rumprun ec2 app",
        1,
        "rumprun: not converted: ec2: it makes the contents of a volume for Amazon EC2",
        "kvm, xen or iso",
    ],
    [
        "rumprun rc app",
        1,
        "rumprun: not converted: rc: args is the command line of one program",
        "one program into each kernel",
    ],
    ["rumprun kvm", 2, "rumprun kvm: (end of the line): found no kernel, expected APP", "add the path"],
    ["rumprun kvm -x app", 2, "rumprun kvm: -x: unknown option '-x'; expected one of -b <blkspec>, -d", "leave it out"],
    ["rumprun kvm app -x", 0, "", ""],
    ["rumprun kvm -M", 2, "rumprun kvm: -M <memory>: option '-M <memory>' argument missing", "write the value"],
    ["rumprun kvm -M lots app", 2, '-M lots: expected an amount of memory, such as 64 or 64M, found "lots"', "correct"],
    ["rumprun kvm -M 0 app", 2, "-M 0: expected a whole number of MiB from 1", "correct"],
    ["rumprun kvm -d app", 2, "rumprun kvm: -d: the tool does not take it on kvm", "destroyed by default"],
    ["rumprun qemu -d app", 2, "rumprun qemu: -d: the tool does not take it on qemu", "destroyed by default"],
    ["rumprun xen -g x app", 2, "rumprun xen: -g: the tool does not take it on xen", "no QEMU"],
    ...["-d", "-D 1", "-g x", "-i", "-M 1", "-n inet,dhcp", "-p"].map((option): [string, number, string, string] => [
        `rumprun iso ${option} app`,
        2,
        `rumprun iso: ${option.slice(0, 2)}: the tool does not take it on iso`,
        "",
    ]),
    ["rumprun kvm -D 70000 app", 2, "-D 70000: port: expected a port from 1 to 65535, found", "correct"],
    ["rumprun kvm -b ,/etc app", 2, "-b ,/etc: expected FILE[,MOUNT], found no file", "name the image's file"],
    ["rumprun kvm -b a.img,etc app", 2, "-b a.img,etc: mount: expected an absolute path inside the guest", "correct"],
    ["rumprun kvm -e =x app", 2, "-e =x: expected NAME=VALUE, found no name", "correct"],
    ["rumprun kvm -I iftag app", 2, "-I iftag: expected TAG,DRIVER[,OPTIONS]", "-I iftag,vioif,'-net user'"],
    ["rumprun kvm -I a-b,vioif app", 2, "-I a-b,vioif: expected TAG,DRIVER[,OPTIONS]", ""],
    ["rumprun kvm -I a,VIOIF app", 2, "-I a,VIOIF: expected a driver's base name", ""],
    ["rumprun kvm -I a,vioif -I a,vioif app", 2, "the tag a is taken", "its own tag"],
    ["rumprun kvm -I a,vioif -n inet,dhcp app", 2, "-n: it cannot stand beside -I", "-I and -W"],
    ["rumprun kvm -W a,inet,dhcp app", 2, "expected TAG,inet,… with the tag of an -I (none), found", "add -I a,DRIVER"],
    [
        "rumprun kvm -I a,vioif -W a,inet,auto app",
        2,
        "-W a,inet,auto: expected inet,dhcp or inet,static,ADDRESS/PREFIX",
        "",
    ],
    ["rumprun kvm -I a,vioif -W a,inet6,dhcp app", 2, "-W a,inet6,dhcp: expected inet,dhcp or", ""],
    ["rumprun kvm -I a,vioif -W a,ipx,dhcp app", 2, "-W a,ipx,dhcp: expected inet,dhcp or", ""],
    ["rumprun kvm -I a,vioif -W a,inet,static app", 2, "-W a,inet,static: expected inet,dhcp or", ""],
    [
        "rumprun kvm -I a,vioif -W a,inet,static,10.0.0.2 app",
        2,
        'address: expected an IPv4 address with its prefix length, such as "10.0.0.2/24"',
        "",
    ],
    [
        "rumprun kvm -I a,vioif -W a,inet,static,10.0.0.2/24,10.1.0.1 app",
        2,
        "gateway: 10.1.0.1 is not in the network of 10.0.0.2/24",
        "",
    ],
    [
        "rumprun kvm -I a,vioif -W a,inet,dhcp -W a,inet,dhcp app",
        2,
        "the card has an inet address already",
        "leave one",
    ],
    [
        "rumprun kvm -I a,vioif,'-net user,hostfwd=tcp::x-:80' app",
        2,
        "hostfwd: expected tcp:[ADDRESS]:PORT-[ADDRESS]:PORT",
        "",
    ],
    ["rumprun kvm -I a,vioif,'-net tap,ifname=a/b' app", 2, "expected a device name of 1–15 characters", ""],
    ["rumprun xen -I a,xenif,mac=xx app", 2, "expected six bytes in hexadecimal with colons", ""],
    ["kraft build", 2, "kraft: build: expected the command run", "that runs the guest"],
    ["kraft run", 2, "kraft run: (end of the line): found no kernel", ""],
    ["kraft run --frob a", 2, "kraft run: --frob: unknown option '--frob'", ""],
    ["kraft run -M 12Q a", 2, "-M 12Q: expected at least 1Mi", ""],
    ["kraft run -M 1023Ki a", 2, "-M 1023Ki: expected at least 1Mi", ""],
    ["kraft run --ip 10.0.0.2 a", 2, "--ip 10.0.0.2: the tool takes it with exactly one --network", "add --network"],
    ["kraft run -p http:80 a", 2, "-p http:80: expected [ADDRESS:]HOST:GUEST[/tcp|/udp]", "-p 8080:80"],
    ["solo5-hvt --disk=a hello", 2, "solo5-hvt: --disk=a: expected --mem=MIB, --net:NAME=TAP", ""],
    ["solo5-hvt --mem=x hello", 2, '--mem=x: expected a number of MiB, found "x"', ""],
    ["solo5-hvt --net-mac:a=00:00:00:00:00:01 hello", 2, 'there is no network "a"', "add --net:a=TAP"],
    ["solo5-hvt --net:a=tap0 --net:a=tap1 hello", 2, "the network has a device already", ""],
    ["solo5-hvt --mem=1", 2, "solo5-hvt: (end of the line): found no kernel, expected KERNEL", ""],
    ["solo5-virtio-run -H xen hello", 2, "-H xen: expected best, kvm, qemu or bhyve", ""],
    [
        "qemu-system-x86_64 -hda a.img",
        1,
        "not converted: (no -kernel): a guest boots from a kernel",
        "add -kernel FILE",
    ],
    ["qemu-system-x86_64 -frob a", 2, "qemu-system-x86_64: -frob: expected an option of QEMU", ""],
    ["qemu-system-x86_64 -kernel", 2, "-kernel: expected a value behind it", "write the value"],
    [
        "virt-install --disk a.img",
        1,
        "not converted: (no --boot kernel=): a guest boots from a kernel",
        "add --boot kernel=FILE",
    ],
    ["virt-install --boot kernel=a b", 2, "virt-install: b: expected an option", ""],
    ["virt-install --memory x --boot kernel=a", 2, '--memory x: expected a number of MiB, found "x"', ""],
    ["virt-install --events on_crash=explode --boot kernel=a", 2, "--events on_crash=explode: ", ""],
])("%s ends with %i", (line, code, message, hint) => {
    const result = converted(wordsOf(line));
    expect(result).toMatchObject({ code, error: expect.stringContaining(message) });
    if (code === 0) return;
    expect(result.out).toBe("");
    expect(result.error).toMatch(/\n {2}hint: ./);
    expect(result.error).toContain(hint);
});
