import { blockImageRows, namesWhere } from "../../model/arguments";
import { containsUnknown } from "../handlers";

const PLAIN = namesWhere(blockImageRows, ({ compared }) => compared === undefined);
/** With the URN, which the record of the image has: a stack that moves to another provider is written again. */
const COMPARED: string[] = ["digest", ...PLAIN, "urn"];

type Compared = Record<string, unknown>;

/** Return whether an update has work to do, or may have when unknown values become known. */
export function isChanged(olds: Compared, news: Compared): boolean {
    return COMPARED.some((property) => olds[property] !== news[property] || containsUnknown(news[property]));
}
