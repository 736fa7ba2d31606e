/** The XML of networks: definitions written from plain data and read to it, and the ports of guests on them. */

export { undeclarable } from "./declarable";
export { isOwnEntry, keepForeignOfNetwork, type Own } from "./foreign";
export { type Port, readPorts, renderMoved } from "./port";
export { readDefinition } from "./read";
export { renderDefinition, renderEntry, renderRange, renderRecord } from "./render";
