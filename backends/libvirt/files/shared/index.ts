export { SharedContent } from "./content";
export { hasSharedName, shareableSource } from "./shareable";
