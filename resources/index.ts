export * from "./blockImage";
export * from "./fleet";
export * from "./network";
export * from "./networkInterface";
export * from "./unikernel";
