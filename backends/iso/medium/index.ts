export { bake, type BakeOptions, type Baked } from "./bake";
export { holdsSecret, mediumOf, type MediumContents, type MediumFile } from "./contents";
export { moduleFolder } from "./modules";
export { mediumProblems } from "./problems";
