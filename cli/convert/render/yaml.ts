import { type Converted, type Fields, Reference, type Resource, type Value } from "../declared";
import { headLines, quoted } from "./text";

/** Render the program `Pulumi.yaml`. Resources and their properties are lines, and values are in YAML's flow style. */
export function renderYaml(converted: Converted): string {
    const { resources, console } = converted;
    const { name } = resources.at(-1)!;
    return [
        ...headLines(converted).map((line) => `# ${line}`),
        `name: ${scalar(name)}`,
        "runtime: yaml",
        "plugins:",
        "  providers:",
        "    # `npm install pulumi-unikernel` puts it there; with pulumi-resource-unikernel on PATH this section is not needed.",
        "    - name: unikernel",
        "      path: node_modules/pulumi-unikernel/bin",
        "resources:",
        ...resources.flatMap(lines),
        ...(console ? ["outputs:", `  consoleCommand: ${quoted(`\${${name}.consoleCommand}`)}`] : []),
        "",
    ].join("\n");
}

function lines({ type, name, args }: Resource): string[] {
    const properties = Object.entries(args).map(([key, value]) => `      ${scalar(key)}: ${flow(value)}`);
    return [
        `  ${scalar(name)}:`,
        `    type: unikernel:${type}`,
        ...(properties.length > 0 ? ["    properties:", ...properties] : []),
    ];
}

function flow(value: Value): string {
    if (value instanceof Reference) return quoted(`\${${value.to}}`);
    if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
    if (typeof value === "object") return flowMap(value);
    return typeof value === "string" ? scalar(value) : String(value);
}

function flowMap(fields: Fields): string {
    const entries = Object.entries(fields);
    return entries.length === 0
        ? "{}"
        : `{ ${entries.map(([key, value]) => `${scalar(key)}: ${flow(value)}`).join(", ")} }`;
}

/** Words that a parser of YAML 1.1 or 1.2 takes as something else than text. */
const OTHER = /^(true|false|yes|no|on|off|null|y|n)$/i;

/** Return text as YAML and Pulumi read it: pulumi-yaml takes `$$` for a `$` and `${` for a reference (pkg/pulumiyaml/ast/interpolation.go). */
function scalar(text: string): string {
    if (/^(\.{0,2}\/)?[A-Za-z][\w./-]*$/.test(text) && !OTHER.test(text)) return text;
    return quoted(text.replaceAll("$", "$$$$"));
}
