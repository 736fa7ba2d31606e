/** The names of this package's resources that a converted program declares. */
export type ResourceType = "BlockImage" | "NetworkInterface" | "Unikernel";

/** Another resource of the program, by its logical name. */
export class Reference {
    constructor(readonly to: string) {}
}

/** A value of an argument, as plain data. */
export type Value = string | number | boolean | Reference | Value[] | Fields;
export interface Fields {
    [name: string]: Value;
}

/** One resource of the program. Its name consists of letters, digits, `_` and `-`, and is unique in the program. */
export interface Resource {
    type: ResourceType;
    name: string;
    args: Fields;
}

/** What is said of a word of the line. */
export interface Note {
    /** As it was written: `-W iftag,inet6,auto`. */
    option: string;
    text: string;
}

/** A line, converted. */
export interface Converted {
    /** The tool of the line, such as `rumprun kvm`. */
    tool: string;
    /** In the order of their references: the unikernel is the last one. */
    resources: Resource[];
    /** The line attaches to the guest's console: the program has the output `consoleCommand`. */
    console: boolean;
    /** Words without a counterpart. */
    lost: Note[];
    /** Words that are converted and mean something else than in the tool, and what the user has to know of them. */
    remarks: Note[];
}
