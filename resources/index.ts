export * from "./blockImage";
export * from "./fleet";
export * from "./networkInterface";
export * from "./unikernel";
