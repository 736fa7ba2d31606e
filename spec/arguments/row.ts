import type { z } from "zod";

/** Cells of an argument's row in the docs. Left out: they follow from the shape and the default. */
export interface DocsCells {
    unit?: string;
    default?: string;
    /** The last cell. */
    about?: string;
}

/** One argument of a resource. What needs other rooms is keyed by the argument's name there, under a type that demands all of them. */
export interface Row {
    /** Form and default. Checks that need other arguments or files are check's. */
    shape: z.ZodType;
    /** For hover texts and the schema, as it stands in the arguments' declaration. */
    description: string;
    /** The default in words, where the shape has none. */
    default?: string;
    docs?: DocsCells;
    /**
     * Part of what a guest boots: by its file's digest, by the digest of the configuration that the guest reads, or by its value. Left out: a change
     * of it alone is no other boot. A new one has no default, or is part of a new entry of DIGEST_FORMS only: guests keep their digests.
     */
    boots?: "file" | "configuration" | "value";
    /** How two values are compared. `own`: by a function of the diff's. `never`: it never differs. Left out: as they stand, and the preview names it. */
    compared?: "own" | "never";
    /** A read puts what the host has into state, as if it had been declared. */
    drifts?: true;
    /** An import reads it from the guest's host. */
    imported?: true;
    /** State has it always. Left out: not while it has its default. */
    stored?: "always";
    /** Sent by constructors and never written in a program. */
    private?: true;
}

export type Rows = Record<string, Row>;

/** The values of a table's arguments once check has parsed them. */
export type ValuesOf<Table extends Rows> = z.output<z.ZodObject<{ [Name in keyof Table]: Table[Name]["shape"] }>>;

/** Names of the rows in which a field has a value. */
export type NamesWhere<Table extends Rows, Field extends keyof Row, Value> = {
    [Name in keyof Table]: Table[Name] extends Record<Field, Value> ? Name : never;
}[keyof Table];

/** Return the names of the rows that a test picks, in their order. */
export function namesWhere<Table extends Rows>(rows: Table, test: (row: Row) => boolean): (keyof Table & string)[] {
    return Object.keys(rows).filter((name) => test(rows[name]!));
}

/** Return the zod type of each argument. */
export function shapesOf<Table extends Rows>(rows: Table): { [Name in keyof Table]: Table[Name]["shape"] } {
    const shapes = Object.entries(rows).map(([name, { shape }]) => [name, shape]);
    return Object.fromEntries(shapes) as { [Name in keyof Table]: Table[Name]["shape"] };
}

/** Return the value that an argument has when it is left out; undefined where it has none. */
export function defaultOf({ shape }: Row): unknown {
    return shape.safeParse(undefined).data;
}

/** Return what is said of an argument's default; undefined: it is required. */
export function defaultText(row: Row): string | undefined {
    const value = defaultOf(row);
    return row.default ?? (value === undefined ? undefined : JSON.stringify(value));
}
