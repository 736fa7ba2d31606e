export { SharedContent } from "./content";
export { SHARED_FOLDER } from "./entries";
export { hasSharedName, shareableSource } from "./shareable";
