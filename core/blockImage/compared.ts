import { containsUnknown } from "../handlers";

/** With the URN: whose image it is, is in its record; and a stack that moves to another provider is written again. */
const COMPARED = ["digest", "format", "size", "label", "output", "urn"] as const;

type Compared = Partial<Record<(typeof COMPARED)[number], unknown>>;

/** Whether an update has something to do, or may have once what is unknown is known. */
export function isChanged(olds: Compared, news: Compared): boolean {
    return COMPARED.some((property) => olds[property] !== news[property] || containsUnknown(news[property]));
}
