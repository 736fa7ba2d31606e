export * from "./error";
export * from "./scope";
export * from "./network";
export * from "./image";
export * from "./medium";
export * from "./unikernel";
export * from "./plan";
