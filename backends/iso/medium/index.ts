export { bake, type BakeOptions, type Baked } from "./bake";
export { mediumOf, type MediumContents, type MediumFile } from "./contents";
export { mediumProblems } from "./problems";
