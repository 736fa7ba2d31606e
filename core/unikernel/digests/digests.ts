import { createHash, createHmac } from "node:crypto";
import type { ConsequenceTable } from "../../../backends";
import type { Digests, UnikernelSpec } from "../../../model";
import { canonical, keyBytes } from "../../../model";
import { containsUnknown, UNKNOWN } from "../../handlers";
import { root } from "../diff/diff";
import { bootRelevant, configRelevant } from "../inputs";

/**
 * Return the first 128 bits of sha256 over data, 32 hex digits; of the HMAC when there is a key. Unknown while the data
 * is.
 */
export function digestOfData(data: unknown, key?: string): string {
    if (containsUnknown(data)) return UNKNOWN;
    const hash = key ? createHmac("sha256", keyBytes(key)) : createHash("sha256");
    return hash.update(canonical(data)).digest("hex").slice(0, 32);
}

/** The data of one form of the digests. */
export interface DigestForm {
    boot(spec: UnikernelSpec & { digests: Digests }): Record<string, unknown>;
    config(spec: UnikernelSpec): unknown;
}

/**
 * The forms of a guest's digests, oldest first. A guest keeps the form with which it was booted, since another form
 * would look like another boot. A changed form is a new entry; old entries never change
 * (tests/unit/golden/boot-digests.json).
 */
export const DIGEST_FORMS: readonly DigestForm[] = [{ boot: bootRelevant, config: configRelevant }];

/** Return the number of a boot digest's form. The first form has no prefix. */
export function formOf(digest: string): number {
    return Number(/^(\d+):/.exec(digest)?.[1] ?? 1);
}

function formAt(form: number, forms: readonly DigestForm[]): DigestForm {
    return forms[form - 1] ?? forms.at(-1)!;
}

/** @param key for a configuration with secrets: a plain hash of a short password can be guessed */
export function configDigest(
    spec: UnikernelSpec,
    key?: string,
    form = DIGEST_FORMS.length,
    forms = DIGEST_FORMS,
): string {
    return digestOfData(formAt(form, forms).config(spec), key);
}

/**
 * Return the key of the configuration's digest. A disk with a secret does not key it: the configuration has no secret
 * and its digest stays unchanged.
 */
function keyOfConfig({ secrets, digestKey }: UnikernelSpec & { digestKey?: string }): string | undefined {
    return secrets.length > 0 ? digestKey : undefined;
}

/**
 * Return the digest of everything that only a restart can change. A property that may change live is left out: its live
 * change would look like another boot.
 */
export function bootDigest(
    spec: UnikernelSpec & { digests: Digests },
    table: ConsequenceTable,
    form = DIGEST_FORMS.length,
    forms = DIGEST_FORMS,
): string {
    const live = new Set(
        Object.entries(table)
            .filter(([, { consequence, refine }]) => consequence === "live" || refine)
            .map(([path]) => root(path)),
    );
    const relevant = Object.entries(formAt(form, forms).boot(spec)).filter(([property]) => !live.has(property));
    const digest = digestOfData(Object.fromEntries(relevant));
    return form === 1 || digest === UNKNOWN ? digest : `${form}:${digest}`;
}

/**
 * Add both digests to a spec whose files are digested. If the old digest's form gives the old digest, it is kept, so
 * that an unchanged guest needs no restart; otherwise the newest form is used.
 */
export function withDigests<T extends UnikernelSpec & { digests: Omit<Digests, "config">; digestKey?: string }>(
    spec: T,
    table: ConsequenceTable,
    old: string | undefined,
    forms = DIGEST_FORMS,
): T & { digests: Digests; bootDigest: string } {
    const inForm = (form: number): T & { digests: Digests; bootDigest: string } => {
        const digested = {
            ...spec,
            digests: { ...spec.digests, config: configDigest(spec, keyOfConfig(spec), form, forms) },
        };
        return { ...digested, bootDigest: bootDigest(digested, table, form, forms) };
    };
    const kept = old === undefined ? undefined : inForm(formOf(old));
    return kept?.bootDigest === old && kept ? kept : inForm(forms.length);
}
