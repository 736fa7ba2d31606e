import { maskIn } from "../../../core";
import type { ResourceKind } from "../../trampoline";
import { secretsIn } from "../arguments/arguments";
import type { Decoded } from "../wire/codec";
import { encode, textsOf } from "../wire/codec";
import type { Path } from "../wire/wire";

/** Minimum length: a shorter text is part of many others by chance. */
const LEAST_MASKED = 4;

/** The secrets of one call. Responses keep them marked as secret, messages mask them. */
export class Secrets {
    private readonly paths: Decoded["secrets"];
    private readonly texts: string[];

    /**
     * @param messages the decoded messages of the call
     * @param others secret texts known before: of the provider's configuration and of referenced resources
     */
    constructor(kind: ResourceKind, messages: Decoded[], others: readonly string[] = []) {
        this.paths = secretsIn(
            kind,
            messages.flatMap(({ secrets }) => secrets),
        );
        this.texts = [...new Set([...others, ...messages.flatMap(textsOf)])];
    }

    /** Return the paths to mark as secret: the secrets' own, and every text that contains one of them. */
    pathsIn(properties: object): Path[] {
        const longest = this.texts.filter((text) => text.length >= LEAST_MASKED);
        const own = new Set(this.paths.map((path) => JSON.stringify(path)));
        return [...this.paths, ...(longest.length === 0 ? [] : repeating(properties, [], own, longest))];
    }

    /** Return the secret paths in an error's properties and in the inputs that go with them. */
    pathsOf(inputs: object, error: unknown): Path[] {
        return this.pathsIn({ ...inputs, ...Object(Object(error).properties) });
    }

    encode(properties: object): ReturnType<typeof encode> {
        return encode(properties, this.pathsIn(properties));
    }

    hide(text: string): string {
        return this.texts.length === 0 ? text : maskIn(text, this.texts);
    }

    /** Mask secrets in an error and its reasons. */
    hideIn(error: unknown): unknown {
        if (!(error instanceof Error) || this.texts.length === 0) return error;
        const reasons =
            "reasons" in error && Array.isArray(error.reasons)
                ? { reasons: error.reasons.map((reason) => this.hide(String(reason))) }
                : {};
        return Object.assign(error, { message: this.hide(error.message), ...reasons });
    }
}

function repeating(value: unknown, at: Path, own: ReadonlySet<string>, texts: string[]): Path[] {
    if (own.has(JSON.stringify(at))) return [];
    if (Array.isArray(value)) return value.flatMap((inner, index) => repeating(inner, [...at, index], own, texts));
    if (typeof value === "object" && value !== null)
        return Object.entries(value).flatMap(([key, inner]) => repeating(inner, [...at, key], own, texts));
    return typeof value === "string" && texts.some((text) => value.includes(text)) ? [at] : [];
}
