import { type Converted, type Fields, Reference, type Resource, type Value } from "../declared";
import { headLines, quoted } from "./text";

/** A line with an object or list that would be longer is written on several. */
const WIDTH = 110;
const INDENT = "    ";

/** Words that cannot be the name of a constant in a module (ECMA-262, "Keywords and Reserved Words", strict mode). */
const RESERVED = new Set(
    `arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for
    function if implements import in instanceof interface let new null package private protected public return static super switch
    this throw true try typeof undefined var void while with yield exports require module Object`.split(/\s+/),
);

/** Render the program `index.ts`. */
export function renderTypescript(converted: Converted): string {
    const { resources, console } = converted;
    const classes = [...new Set(resources.map(({ type }) => type))];
    const names = constants(resources, [...classes, "consoleCommand"]);
    const unikernel = resources.at(-1)!;
    return [
        ...headLines(converted).map((line) => `// ${line}`),
        `import { ${classes.sort().join(", ")} } from "pulumi-unikernel";`,
        "",
        ...resources.map((resource) => declaration(resource, names, resource === unikernel)),
        ...(console ? [`export const consoleCommand = ${names.get(unikernel.name)}.consoleCommand;`] : []),
        "",
    ].join("\n");
}

function declaration({ type, name, args }: Resource, names: Map<string, string>, last: boolean): string {
    const head = `${last ? "export " : ""}const ${names.get(name)} = new ${type}(${quoted(name)}`;
    if (Object.keys(args).length === 0) return `${head});`;
    return `${head}, ${last ? block(args, names) : fitting(args, names, "", head.length)});`;
}

/** Return an object with one line for each property. */
function block(fields: Fields, names: Map<string, string>, indent = ""): string {
    const inner = indent + INDENT;
    const lines = Object.entries(fields).map(
        ([key, value]) => `${inner}${property(key)}: ${fitting(value, names, inner, property(key).length)},`,
    );
    return `{\n${lines.join("\n")}\n${indent}}`;
}

/** Return a value on one line, or on several where that line would be long. @param before characters that stand before it, besides the indent */
function fitting(value: Value, names: Map<string, string>, indent: string, before = 0): string {
    const line = inline(value, names);
    if (indent.length + before + line.length <= WIDTH || typeof value !== "object" || value instanceof Reference)
        return line;
    if (!Array.isArray(value)) return block(value, names, indent);
    const inner = indent + INDENT;
    return `[\n${value.map((one) => `${inner}${fitting(one, names, inner)},`).join("\n")}\n${indent}]`;
}

function inline(value: Value, names: Map<string, string>): string {
    if (value instanceof Reference) return names.get(value.to)!;
    if (Array.isArray(value)) return `[${value.map((one) => inline(one, names)).join(", ")}]`;
    if (typeof value === "object") {
        const entries = Object.entries(value);
        if (entries.length === 0) return "{}";
        return `{ ${entries.map(([key, one]) => `${property(key)}: ${inline(one, names)}`).join(", ")} }`;
    }
    return typeof value === "string" ? quoted(value) : String(value);
}

/** Return the name of a property. In a literal, `__proto__` would be the object's prototype. */
function property(key: string): string {
    if (key === "__proto__") return `["__proto__"]`;
    return /^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key);
}

/** Return a constant's name for each resource, by its logical name. */
function constants(resources: Resource[], taken: string[]): Map<string, string> {
    const used = new Set<string>(taken);
    return new Map(
        resources.map(({ name }) => {
            const camel = name.replaceAll(/-+(.?)/g, (_, letter: string) => letter.toUpperCase());
            const plain = /^[A-Za-z_]/.test(camel) ? camel : `_${camel}`;
            const free = [plain, ...Array.from({ length: used.size + 1 }, (_, index) => `${plain}${index + 2}`)];
            const chosen = free.find((one) => !used.has(one) && !RESERVED.has(one))!;
            used.add(chosen);
            return [name, chosen];
        }),
    );
}
