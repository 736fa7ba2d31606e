export { identify } from "./identify";
export { buildImage, type BuiltImage, type Progress } from "./build";
export { hashFile } from "./content";
export { cachePath, findBuilt, forgetBuilt, type Built } from "./built";
export { changedFiles, loadManifest, removeManifest, saveManifest } from "./manifest";
export type { ImageOptions } from "./digest";
export type { ImageSource } from "./entry";
