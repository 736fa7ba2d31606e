import { blockImageRows, namesWhere } from "../../model/arguments";
import { containsUnknown } from "../handlers";

const PLAIN = namesWhere(blockImageRows, ({ compared }) => compared === undefined);
/** With the URN: whose image it is, is in its record; and a stack that moves to another provider is written again. */
const COMPARED: string[] = ["digest", ...PLAIN, "urn"];

type Compared = Record<string, unknown>;

/** Whether an update has something to do, or may have once what is unknown is known. */
export function isChanged(olds: Compared, news: Compared): boolean {
    return COMPARED.some((property) => olds[property] !== news[property] || containsUnknown(news[property]));
}
