import { hasCode } from "../../model";
import type { Streams } from "../terminal";
import { readLine } from "./lines";
import { noteLine } from "./render/text";
import { renderTypescript } from "./render/typescript";
import { renderYaml } from "./render/yaml";

export interface ConvertOptions {
    /** The line of another tool, one word each. */
    line: string[];
    /** Print a YAML program in place of a TypeScript one. @default false */
    yaml?: boolean;
}

/**
 * Print a program that declares the guest of another tool's line. Standard error has a line for each word that has no counterpart, and for
 * each that means something else; the program's head has the same. No file is read, and none is written.
 *
 * @returns the exit code: 0; 1 where something could not be converted; 2 where the line is wrong, and no program is printed
 */
export function convert({ line, yaml = false }: ConvertOptions, streams: Streams): number {
    try {
        const converted = readLine(line);
        streams.out(yaml ? renderYaml(converted) : renderTypescript(converted));
        for (const note of converted.lost) streams.error(`${noteLine("not converted", note)}\n`);
        for (const note of converted.remarks) streams.error(`${noteLine("note", note)}\n`);
        return converted.lost.length > 0 ? 1 : 0;
    } catch (error) {
        if (!hasCode(error, "invalid", "unsupported")) throw error;
        streams.error(`${error.message}\n`);
        return error.code === "invalid" ? 2 : 1;
    }
}
