export { type Baked, type BakeOptions, bake } from "./bake";
export { holdsSecret, type MediumContents, type MediumFile, mediumOf } from "./contents";
export { moduleFolder } from "./modules";
export { mediumProblems } from "./problems";
