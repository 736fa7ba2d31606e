import type { z } from "zod";
import { cidrProblem, interfaceShape, unikernelElements, unikernelRows } from "../../model/arguments";
import { type Converted, type Fields, type Note, Reference, type Resource, type Value } from "./declared";
import { wrong } from "./wrong";

type UnikernelArgument = keyof typeof unikernelRows;
type InterfaceArgument = keyof typeof interfaceShape;

/** The longest part of a logical name that is taken from a line: the domain's name adds a hash, and has at most 63 characters. */
const LONGEST_NAME = 48;

/** A guest that is being read off a line. Values are compared with the shapes of this package's arguments. */
export class Draft {
    readonly lost: Note[] = [];
    readonly remarks: Note[] = [];
    console = false;
    private readonly guest: Fields = {};
    private readonly images: Resource[] = [];
    private readonly interfaces: Interface[] = [];
    private readonly blocks: Fields[] = [];

    /** @param tool begins each error, such as `rumprun kvm` */
    constructor(readonly tool: string) {}

    /** Note a word that has no counterpart. */
    lose(option: string, text: string): void {
        this.lost.push({ option, text });
    }

    remark(option: string, text: string): void {
        this.remarks.push({ option, text });
    }

    /** Set an argument of the unikernel. @throws UnikernelError that names the word where the argument cannot have the value */
    set(argument: UnikernelArgument, value: Value, option: string): void {
        this.check(unikernelRows[argument].shape, value, option);
        this.guest[argument] = value;
    }

    /** Set an argument if it can have the value, else note the word as lost. */
    setIfPossible(argument: UnikernelArgument, value: Value, option: string): void {
        const reason = problemOf(unikernelRows[argument].shape, value);
        if (reason === undefined) this.guest[argument] = value;
        else this.lose(option, `${argument}: ${reason}`);
    }

    /** Add a disk. @param image its file is a data image that no guest writes: a BlockImage, and not a path */
    addDisk(fields: Fields, option: string, image = false): void {
        const { path, ...others } = fields;
        this.check(unikernelElements.blocks, fields, option);
        if (!image) {
            this.blocks.push(fields);
            return;
        }
        const name = this.unique(baseName(String(path)).replace(/\.iso$/i, ""), "data");
        this.images.push({ type: "BlockImage", name, args: { source: path!, format: "raw" } });
        this.blocks.push({ image: new Reference(name), ...others });
    }

    addInterface(name: string): Interface {
        const added = new Interface(this, this.unique(name, "net"));
        this.interfaces.push(added);
        return added;
    }

    /** @param name where the logical name of the guest comes from */
    finish(name: string): Converted {
        const unikernel = this.unique(name, "guest");
        const args: Fields = {
            ...this.guest,
            ...(this.blocks.length > 0 ? { blocks: this.blocks } : {}),
            ...(this.interfaces.length > 0
                ? { interfaces: this.interfaces.map((one) => new Reference(one.name)) }
                : {}),
        };
        const { tool, console, lost, remarks } = this;
        const interfaces = this.interfaces.map((one): Resource => ({ type: "NetworkInterface", ...one.declared() }));
        const guest: Resource = { type: "Unikernel", name: unikernel, args: inOrder(args, Object.keys(unikernelRows)) };
        const resources = [...this.images, ...interfaces, guest];
        return { tool, resources, console, lost, remarks };
    }

    /** @internal Compare a value with a shape. */
    check(shape: z.ZodType, value: Value, option: string): void {
        const reason = problemOf(shape, value);
        if (reason !== undefined) throw wrong(this.tool, option, reason);
    }

    /** Return a logical name that no other resource has. In YAML all resources share their names, and `pulumi` is taken. */
    private unique(text: string, otherwise: string): string {
        const clean = text
            .replaceAll(/[^A-Za-z0-9_-]+/g, "-")
            .replaceAll(/^-+|-+$/g, "")
            .slice(0, LONGEST_NAME);
        const taken = new Set(["pulumi", ...[...this.images, ...this.interfaces].map(({ name }) => name)]);
        for (let count = 1; ; count++) {
            const name = `${clean || otherwise}${count === 1 ? "" : `-${count}`}`;
            if (!taken.has(name)) return name;
        }
    }
}

/** A network card that is being read off a line. */
export class Interface {
    private readonly args: Fields = {};

    constructor(
        private readonly draft: Draft,
        readonly name: string,
    ) {}

    set(argument: InterfaceArgument, value: Value, option: string): void {
        this.draft.check(interfaceShape[argument], value, option);
        this.args[argument] = value;
    }

    has(argument: InterfaceArgument): boolean {
        return this.args[argument] !== undefined;
    }

    /** Set an address that the guest configures itself. @param address in CIDR notation */
    setAddress(family: 4 | 6, address: string, gateway: string | undefined, option: string): void {
        const problem = cidrProblem({ address, gateway }, family);
        if (problem) throw wrong(this.draft.tool, option, `${problem.property}: ${problem.reason}`);
        this.args[family === 4 ? "ipv4" : "ipv6"] = gateway === undefined ? { address } : { address, gateway };
    }

    declared(): { name: string; args: Fields } {
        return { name: this.name, args: inOrder(this.args, Object.keys(interfaceShape)) };
    }
}

/** Return the arguments in the order in which the documentation lists them. */
function inOrder(fields: Fields, names: string[]): Fields {
    return Object.fromEntries(names.filter((name) => name in fields).map((name) => [name, fields[name]!]));
}

function problemOf(shape: z.ZodType, value: Value): string | undefined {
    const found = shape.safeParse(value).error?.issues[0];
    if (found === undefined) return undefined;
    const place = found.path.length > 0 ? `${found.path.join(".")}: ` : "";
    return `${place}${found.message}, found ${JSON.stringify(value)}`;
}

/** Return the last part of a path. */
export function baseName(path: string): string {
    return path.replace(/\/+$/, "").split("/").at(-1)!;
}

/** Return a path as a program writes it: one that is relative to its folder begins with a dot. */
export function filePath(path: string): string {
    return path === "" || /^(\/|\.\.?(\/|$))/.test(path) ? path : `./${path}`;
}
