export * from "./error";
export * from "./network";
export * from "./image";
export * from "./medium";
export * from "./unikernel";
export * from "./plan";
