export { knownHost } from "./known";
export { type HostSpec, hostNameOf, type NamedHost, namedHosts } from "./names";
export { type Placed, placedBy, rankHosts } from "./rank";
export { SECRET_HOSTS } from "./secret";
export { HOST_TEXTS, partsOf, type TextPart, writtenOf } from "./texts";
