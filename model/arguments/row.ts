import type { z } from "zod";

/** Cells of an argument's row in the docs. A missing cell follows from the shape and the default. */
export interface DocsCells {
    unit?: string;
    default?: string;
    /** The last cell. */
    about?: string;
}

/**
 * One argument of a resource. A fact that needs other rooms is keyed by the argument's name there, under a type that
 * demands every name.
 */
export interface Row {
    /** Type and default. Constraints that need other arguments or files belong to check. */
    shape: z.ZodType;
    /** Text for hover and schema; the doc comment of the argument's declaration has the same text. */
    description: string;
    /** The default in words, where the shape has none. */
    default?: string;
    docs?: DocsCells;
    /**
     * The argument is part of what a guest boots: by its file's digest, by the digest of the configuration that the
     * guest reads, or by its value. Left out: changing it alone does not change the boot digest. A new row with `boots`
     * has no default, or belongs to a new entry of DIGEST_FORMS only, so that existing guests keep their digests.
     */
    boots?: "file" | "configuration" | "value";
    /**
     * How the diff compares two values. `own`: by a function in the diff. `never`: ignored. Left out: by value, and the
     * preview shows the value.
     */
    compared?: "own" | "never";
    /**
     * A read stores the host's value in state as if the program had declared it, so the next preview shows the drift.
     */
    drifts?: true;
    /** An import reads it from the host. */
    imported?: true;
    /** State always has it. Left out: state omits it while it has its default. */
    stored?: "always";
    /** Sent by constructors, never written in a program. */
    private?: true;
}

export type Rows = Record<string, Row>;

/** The types of a table's arguments after check has parsed them. */
export type ValuesOf<Table extends Rows> = z.output<z.ZodObject<{ [Name in keyof Table]: Table[Name]["shape"] }>>;

/** The names of the rows in which a field has the given value. */
export type NamesWhere<Table extends Rows, Field extends keyof Row, Value> = {
    [Name in keyof Table]: Table[Name] extends Record<Field, Value> ? Name : never;
}[keyof Table];

/** Return the names of the rows that pass a test, in the table's order. */
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

/** Return the text of an argument's default; undefined when the argument is required. */
export function defaultText(row: Row): string | undefined {
    const value = defaultOf(row);
    return row.default ?? (value === undefined ? undefined : JSON.stringify(value));
}
