import { ListValue, NullValue, Struct, Value } from "google-protobuf/google/protobuf/struct_pb";
import { UNKNOWN } from "../../../core";
import { UnikernelError } from "../../../model";
import type { Path } from "./wire";
import { ARCHIVE, ASSET, OUTPUT, RESOURCE, SECRET, SIGNATURE, textOf, UNKNOWNS } from "./wire";

export type Properties = Record<string, unknown>;

/** Decoded properties: plain data, `ResourceReference`s and `FileContent`s; every unknown is core's `UNKNOWN`. */
export interface Decoded {
    value: Properties;
    /** Paths of secret values, which are plain in `value`. No path is inside another. */
    secrets: Path[];
    unknowns: Path[];
}

/** A resource inside an argument. The receiver looks up its properties. */
export class ResourceReference {
    /** @param id undefined while the resource does not exist */
    constructor(
        readonly urn: string,
        readonly id: string | undefined,
    ) {}
}

/** An asset or archive: exactly one of `text`, `path`, `uri`, and for an archive `assets`. */
export class FileContent {
    constructor(
        readonly kind: "asset" | "archive",
        readonly text?: string,
        readonly path?: string,
        readonly uri?: string,
        readonly assets?: Properties,
    ) {}
}

/** Twice the depth of any resource of this package, and far below the limit of the call stack. */
const MAX_DEPTH = 64;
/** A manifest has at most a few hundred entries, a source of texts a few thousand. */
const MAX_VALUES = 200_000;

/**
 * Decode the properties of a message. A null in an object counts as a missing property.
 * @throws UnikernelError `invalid`
 */
export function decode(struct: Struct | undefined): Decoded {
    const reader = new Reader();
    return {
        value: struct ? reader.fields(struct, [], false) : {},
        secrets: reader.secrets,
        unknowns: reader.unknowns,
    };
}

class Reader {
    readonly secrets: Path[] = [];
    readonly unknowns: Path[] = [];
    private values = 0;

    fields(struct: Struct, at: Path, secret: boolean): Properties {
        const entries: [string, unknown][] = [];
        struct.getFieldsMap().forEach((value, key) => {
            entries.push([key, this.value(value, [...at, key], secret)]);
        });
        return Object.fromEntries(entries.filter(([, value]) => value !== null));
    }

    /** @param secret true inside a secret, whose path covers this value */
    private value(value: Value, at: Path, secret: boolean): unknown {
        if (at.length > MAX_DEPTH) throw invalid(at, `nested deeper than ${MAX_DEPTH} levels`);
        if (++this.values > MAX_VALUES) throw invalid(at, `more than ${MAX_VALUES} values`);
        switch (value.getKindCase()) {
            case Value.KindCase.NULL_VALUE:
                return null;
            case Value.KindCase.NUMBER_VALUE:
                return this.number(value.getNumberValue(), at);
            case Value.KindCase.BOOL_VALUE:
                return value.getBoolValue();
            case Value.KindCase.STRING_VALUE:
                return this.text(value.getStringValue(), at);
            case Value.KindCase.LIST_VALUE:
                return (value.getListValue()?.getValuesList() ?? []).map((inner, index) =>
                    this.value(inner, [...at, index], secret),
                );
            case Value.KindCase.STRUCT_VALUE:
                return this.object(value.getStructValue() ?? new Struct(), at, secret);
            default:
                throw invalid(at, "a value without a kind");
        }
    }

    private number(number: number, at: Path): number {
        if (!Number.isFinite(number)) throw invalid(at, "a number that is not finite");
        return number;
    }

    private text(text: string, at: Path): string {
        if (!UNKNOWNS.has(text)) return text;
        this.unknowns.push(at);
        return UNKNOWN;
    }

    private object(struct: Struct, at: Path, secret: boolean): unknown {
        const fields = struct.getFieldsMap();
        const field = (name: string) => fields.get(name);
        const text = (name: string) => field(name)?.getStringValue() || undefined;
        const inner = (hidden: boolean) =>
            this.value(field("value") ?? invalidUnless(at, "without a value"), at, hidden);
        const signature = field(SIGNATURE);
        if (!signature) return this.fields(struct, at, secret);
        switch (signature.getStringValue()) {
            case SECRET:
                return this.hidden(at, secret, () => inner(true));
            case OUTPUT: {
                const known = () => (field("value") ? inner(true) : this.text(UNKNOWN, at));
                if (field("secret")?.getBoolValue()) return this.hidden(at, secret, known);
                return field("value") ? inner(secret) : this.text(UNKNOWN, at);
            }
            case RESOURCE: {
                const id = field("id")?.getStringValue() ?? "";
                return new ResourceReference(
                    text("urn") ?? invalidUnless(at, "a reference without a URN"),
                    id === "" || UNKNOWNS.has(id) ? undefined : id,
                );
            }
            case ASSET:
                return content(
                    at,
                    new FileContent("asset", field("text")?.getStringValue(), text("path"), text("uri")),
                );
            case ARCHIVE: {
                const assets = field("assets")?.getStructValue();
                return content(
                    at,
                    new FileContent(
                        "archive",
                        undefined,
                        text("path"),
                        text("uri"),
                        assets && this.fields(assets, at, secret),
                    ),
                );
            }
            default:
                throw invalid(at, `an object with the unknown signature ${JSON.stringify(signature.getStringValue())}`);
        }
    }

    private hidden(at: Path, secret: boolean, read: () => unknown): unknown {
        if (!secret) this.secrets.push(at);
        return read();
    }
}

/**
 * Normalise an asset: the SDKs send all of its fields, unused ones as empty texts. A path or uri has precedence over
 * text.
 */
function content(at: Path, { kind, text, path, uri, assets }: FileContent): FileContent {
    if (path !== undefined) return new FileContent(kind, undefined, path);
    if (uri !== undefined) return new FileContent(kind, undefined, undefined, uri);
    if (assets === undefined && text === undefined) throw invalid(at, `an ${kind} without content`);
    return new FileContent(kind, text, undefined, undefined, assets);
}

/**
 * Encode plain data for the engine, without undefined values.
 * @param secrets paths of secrets. When a path no longer exists, its whole property becomes secret: the form changed on
 * the way, so the value may be anywhere in it.
 */
export function encode(properties: object, secrets: readonly Path[] = []): Struct {
    const data = Object.fromEntries(Object.entries(properties));
    const marked = secrets.map((path) => (exists(data, path) ? path : path.slice(0, 1)));
    return structOf(data, [], new Set(marked.map((path) => JSON.stringify(path))));
}

function exists(value: unknown, [step, ...rest]: Path): boolean {
    if (step === undefined) return value !== undefined;
    return (
        typeof value === "object" &&
        value !== null &&
        Object.hasOwn(value, step) &&
        exists(Reflect.get(value, step), rest)
    );
}

function structOf(data: object, at: Path, secrets: ReadonlySet<string>): Struct {
    const struct = new Struct();
    for (const [key, value] of Object.entries(data)) {
        if (value !== undefined) struct.getFieldsMap().set(key, encodeValue(value, [...at, key], secrets));
    }
    return struct;
}

function encodeValue(value: unknown, at: Path, secrets: ReadonlySet<string>): Value {
    if (!secrets.has(JSON.stringify(at))) return plainValueOf(value, at, secrets);
    const secret = new Struct();
    secret
        .getFieldsMap()
        .set(SIGNATURE, plainValueOf(SECRET, [], new Set()))
        .set("value", plainValueOf(value, at, new Set()));
    return new Value().setStructValue(secret);
}

function plainValueOf(value: unknown, at: Path, secrets: ReadonlySet<string>): Value {
    switch (typeof value) {
        case "string":
            return new Value().setStringValue(value);
        case "number":
            return new Value().setNumberValue(value);
        case "boolean":
            return new Value().setBoolValue(value);
        case "object":
            if (value === null) break;
            if (!Array.isArray(value)) return new Value().setStructValue(structOf(value, at, secrets));
            return new Value().setListValue(
                new ListValue().setValuesList(value.map((inner, index) => encodeValue(inner, [...at, index], secrets))),
            );
        case "undefined":
            break;
        default:
            throw new UnikernelError("internal", `a ${typeof value} cannot be sent`, { property: textOf(at) });
    }
    return new Value().setNullValue(NullValue.NULL_VALUE);
}

function invalid(at: Path, reason: string): UnikernelError {
    return new UnikernelError("invalid", `not a message of Pulumi's: ${reason}`, { property: textOf(at) });
}

function invalidUnless(at: Path, reason: string): never {
    throw invalid(at, reason);
}

/** Return the secret texts; secret numbers are included as text. */
export function textsOf({ value, secrets }: Decoded): string[] {
    return secrets
        .filter(([name]) => name !== "digestKey")
        .flatMap((path) => leaves(path.reduce<unknown>((inner, step) => Reflect.get(Object(inner), step), value)));
}

function leaves(value: unknown): string[] {
    if (typeof value === "object" && value !== null) return Object.values(value as Properties).flatMap(leaves);
    return ["string", "number"].includes(typeof value) && value !== UNKNOWN && value !== "" ? [String(value)] : [];
}
